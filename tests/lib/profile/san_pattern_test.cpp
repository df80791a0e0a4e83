#include "profile/san_pattern.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

using mtls::Errc;
using mtls::Error;
using mtls::profile::SanPattern;
using mtls::x509::GeneralName;
using Kind = mtls::x509::GeneralNameKind;

namespace {

bool matches(Kind kind, std::string_view pattern, std::string_view name) {
  return SanPattern::parse(kind, pattern).matches(GeneralName::parse(name));
}

bool is_pattern(Kind kind, std::string_view text) {
  try {
    return SanPattern::parse(kind, text).text() == text;
  } catch (const Error& error) {
    CHECK(error.code() == Errc::bad_name);
    CHECK_FALSE(error.hint().empty());
    return false;
  }
}

}  // namespace

TEST_CASE("host names are compared label by label and without case") {
  CHECK(matches(Kind::dns, "*.Example.com", "dns:A.eXample.com"));
  CHECK_FALSE(matches(Kind::dns, "*.example.com", "dns:a.b.example.com"));
  CHECK_FALSE(matches(Kind::dns, "*.example.com", "dns:example.com"));
  CHECK_FALSE(matches(Kind::dns, "*.example.com", "dns:a.example.com.evil.org"));
  CHECK(matches(Kind::dns, "**.example.com", "dns:a.b.example.com"));
}

TEST_CASE("a wildcard name fits a star and no literal") {
  CHECK(matches(Kind::dns, "*.example.com", "dns:*.example.com"));
  CHECK_FALSE(matches(Kind::dns, "web-*.example.com", "dns:*.example.com"));
  CHECK_FALSE(matches(Kind::dns, "www.example.com", "dns:*.example.com"));
}

TEST_CASE("e-mail: the host is compared without case, the mailbox with it") {
  CHECK(matches(Kind::email, "*@Example.com", "email:first.last@EXAMPLE.com"));
  CHECK(matches(Kind::email, "Ops@example.com", "email:Ops@example.com"));
  CHECK_FALSE(matches(Kind::email, "Ops@example.com", "email:ops@example.com"));
  CHECK_FALSE(matches(Kind::email, "*@example.com", "email:a@b.example.com"));
}

TEST_CASE("a star in a URI stays within one segment") {
  constexpr std::string_view k_pattern = "spiffe://example.org/ns/*/sa/*";
  CHECK(matches(Kind::uri, k_pattern, "uri:spiffe://example.org/ns/prod/sa/web.v2"));
  CHECK_FALSE(matches(Kind::uri, k_pattern, "uri:spiffe://example.org/ns/prod/x/sa/web"));
  CHECK_FALSE(matches(Kind::uri, k_pattern, "uri:spiffe://example.org/ns/prod/sa/web/admin"));
  CHECK_FALSE(matches(Kind::uri, k_pattern, "uri:spiffe://example.org.evil/ns/a/sa/b"));
  CHECK(matches(Kind::uri, "spiffe://example.org/**", "uri:spiffe://example.org/ns/prod/sa/web"));
}

TEST_CASE("a star in a URI cannot swallow user information, port, query or fragment") {
  constexpr std::string_view k_pattern = "https://*.example.com";
  CHECK(matches(Kind::uri, k_pattern, "uri:https://a.example.com"));
  for (const char* uri : {"uri:https://evil.org/.example.com", "uri:https://evil.org?.example.com",
                          "uri:https://evil.org#.example.com", "uri:https://u@a.example.com",
                          "uri:https://evil.org:1.example.com"}) {
    const std::string text(uri);
    CHECK_FALSE(SanPattern::parse(Kind::uri, k_pattern).matches(GeneralName::uri(text.substr(4))));
  }
}

TEST_CASE("addresses fit a block of their own family") {
  CHECK(matches(Kind::ip, "10.0.0.0/8", "ip:10.255.0.1"));
  CHECK_FALSE(matches(Kind::ip, "10.0.0.0/8", "ip:11.0.0.1"));
  CHECK(matches(Kind::ip, "192.0.2.1/32", "ip:192.0.2.1"));
  CHECK_FALSE(matches(Kind::ip, "192.0.2.1/32", "ip:192.0.2.2"));
  CHECK(matches(Kind::ip, "2001:db8::/33", "ip:2001:db8:7fff::1"));
  CHECK_FALSE(matches(Kind::ip, "2001:db8::/33", "ip:2001:db8:8000::1"));
  CHECK_FALSE(matches(Kind::ip, "0.0.0.0/0", "ip:::1"));
  CHECK_FALSE(matches(Kind::ip, "::/0", "ip:10.0.0.1"));
}

TEST_CASE("directory names fit a base") {
  CHECK(matches(Kind::directory, "O=example,C=de", "dn:CN=x,O=Example,C=DE"));
  CHECK_FALSE(matches(Kind::directory, "O=example,C=de", "dn:CN=x,O=other,C=de"));
}

TEST_CASE("otherName: a user principal name fits by its text") {
  CHECK(matches(Kind::other_name, "*@corp.example", "upn:alice@corp.example"));
  CHECK_FALSE(matches(Kind::other_name, "*@corp.example", "upn:alice@evil.example"));
  // UTF8String "a@x@corp.example": a star does not cross an @
  CHECK_FALSE(matches(Kind::other_name, "*@corp.example",
                      "other:1.2.3;0c1061407840636f72702e6578616d706c65"));
}

TEST_CASE("otherName: a value that is no text fits no pattern") {
  CHECK_FALSE(matches(Kind::other_name, "**", "other:1.2.3;020101"));
  CHECK(matches(Kind::other_name, "**", "other:1.2.3;0c0161"));
}

TEST_CASE("registered identifiers fit by their dotted decimal") {
  CHECK(matches(Kind::registered_id, "1.3.6.1.4.1.99999.**", "rid:1.3.6.1.4.1.99999.1.2"));
  CHECK_FALSE(matches(Kind::registered_id, "1.3.6.1.4.1.99999.*", "rid:1.3.6.1.4.1.99999.1.2"));
}

TEST_CASE("patterns that nothing can fit are refused") {
  CHECK(is_pattern(Kind::dns, "*.example.com"));
  for (const char* text : {"", ".example.com", "example.com.", "a..b", "a_b.example", "a/b",
                           "https://a.example", "^a$", "[a-z].example", "m\xc3\xbcnchen.example"}) {
    CHECK_FALSE(is_pattern(Kind::dns, text));
  }
  CHECK(is_pattern(Kind::email, "*@*.example"));
  for (const char* text : {"**", "a.example", "a@b@c"}) CHECK_FALSE(is_pattern(Kind::email, text));
  CHECK(is_pattern(Kind::uri, "urn:**"));
  for (const char* text : {"*", "example.org/x", "://x", "Spiffe://x", "*://x"}) {
    CHECK_FALSE(is_pattern(Kind::uri, text));
  }
  CHECK(is_pattern(Kind::ip, "10.0.0.0/8"));
  for (const char* text : {"10.*", "10.0.0.1", "10.0.0.0/33", "10.0.0.1/8", "example"}) {
    CHECK_FALSE(is_pattern(Kind::ip, text));
  }
  CHECK(is_pattern(Kind::directory, "C=de"));
  CHECK_FALSE(is_pattern(Kind::directory, "nonsense"));
  CHECK_FALSE(is_pattern(Kind::registered_id, "a.b"));
}

TEST_CASE("a pattern over 1,000 octets is refused") {
  CHECK(is_pattern(Kind::uri, "urn:" + std::string(996, 'a')));
  CHECK_FALSE(is_pattern(Kind::uri, "urn:" + std::string(997, 'a')));
}
