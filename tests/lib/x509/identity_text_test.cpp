// What issuing holds to name constraints: everything that some program may take a name for.
#include "der/writer.hpp"
#include "x509/name_matching.hpp"

#include <doctest/doctest.h>

#include <string>

using mtls::Bytes;
using mtls::x509::Attribute;
using mtls::x509::CommonNames;
using mtls::x509::GeneralName;
using mtls::x509::GeneralNames;
using mtls::x509::Name;
using mtls::x509::NameConstraints;

namespace {

GeneralName base(const std::string& text) { return GeneralName::parse_constraint(text); }
NameConstraints permit(const std::string& text) {
  return {.permitted = {base(text)}, .excluded = {}};
}
NameConstraints exclude(const std::string& text) {
  return {.permitted = {}, .excluded = {base(text)}};
}

Name named(const std::string& common_name) {
  return Name::make({{mtls::x509::make_attribute(mtls::der::oid("2.5.4.3"), common_name)}});
}

bool is_refused(const NameConstraints& constraints, const Name& subject,
                const GeneralNames& names = {}) {
  const auto why = constraint_violation(constraints, subject, names, CommonNames::as_any_identity);
  // Whatever OpenSSL refuses is refused as well.
  if (!why) CHECK_FALSE(constraint_violation(constraints, subject, names, CommonNames::as_hosts));
  return why.has_value();
}

/// A common name in a string of `tag`, whose octets `text` has as they are.
Name encoded(std::uint8_t tag, const std::string& text) {
  return Name::make({{Attribute{
      .type = mtls::der::oid("2.5.4.3"), .tag = tag, .octets = Bytes(text.begin(), text.end())}}});
}

std::string wide(const std::string& text, std::size_t width) {
  std::string octets;
  for (const char c : text) octets += std::string(width - 1, '\0') + c;
  return octets;
}

GeneralName other(const char* type, std::uint8_t tag, std::string_view text) {
  mtls::der::Writer value;
  value.text(tag, text);
  return GeneralName::other(mtls::der::oid(type), std::move(value).take());
}

}  // namespace

TEST_CASE("a common name that a program may take for a host is held to dns constraints") {
  for (const char* host : {"www.evil.com",   "WWW.EVIL.COM",     "*.evil.com",
                           "*.EVIL.com",     "*.evil.com.",      "evil.com.",
                           "w*.evil.com",    "www.*.com",        "*",
                           "*.com",          ".evil.com",        ".example.com",
                           "evil..com",      "my_host.evil.com", "_sip.evil.com",
                           "-a.evil.com",    "a-.evil.com",      "xn--bcher-kva.evil.com",
                           "evil.com:443",   "evil.com/x",       "example.com.evil.com",
                           "notexample.com", "10.0.0.1",         "10.0.0.1.",
                           "10.1",           "0x7f.1",           "2001:db8::1",
                           "[2001:db8::1]",  "fe80::1%eth0",     "::ffff:10.0.0.1",
                           " www.evil.com",  "www.evil.com ",    "b\u00fccher.evil.com",
                           "evil\u3002com",  "evil\uff0ecom",    "evil.com\u3002",
                           "evil\u200b.com"}) {
    CAPTURE(host);
    CHECK(is_refused(permit("dns:example.com"), named(host)));
  }
  for (const char* other : {"alice",
                            "Alice Smith",
                            "Dr. Smith",
                            "evil.com inc",
                            "localhost",
                            "localhost.",
                            "host:8080",
                            "02:42:ac:11:00:02",
                            "1234",
                            "alice@evil.com",
                            "m\u00fcller",
                            "Dr.\u00a0Smith",
                            "spiffe://evil.com/x",
                            "example.com",
                            "www.example.com",
                            "WWW.Example.COM",
                            "*.example.com",
                            "*.a.example.com",
                            "www.example.com.",
                            "my_host.example.com"}) {
    CAPTURE(other);
    CHECK_FALSE(is_refused(permit("dns:example.com"), named(other)));
  }
}

TEST_CASE("an excluded host is excluded in every form of a common name") {
  for (const char* host : {"evil.com", "www.evil.com", "*.evil.com", "*.com", "evil.com.", "*",
                           "w*.evil.com", "EVIL.com", "evil\u3002com"}) {
    CAPTURE(host);
    CHECK(is_refused(exclude("dns:evil.com"), named(host)));
  }
  for (const char* other : {"example.com", "*.example.com", "alice", "Evil Inc", "10.0.0.1",
                            "2001:db8::1", "[::1]", "notevil.com"}) {
    CAPTURE(other);
    CHECK_FALSE(is_refused(exclude("dns:evil.com"), named(other)));
  }
}

TEST_CASE("a common name that is an address is held to ip constraints") {
  for (const char* outside : {"11.0.0.1", "11.0.0.1.", "[11.0.0.1]", "2001:db8::1", "[2001:db8::1]",
                              "::ffff:11.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "10.1",
                              "0x0a.0.0.1", "010.0.0.1", "10.0.0.256", " 11.0.0.1"}) {
    CAPTURE(outside);
    CHECK(is_refused(permit("ip:10.0.0.0/8"), named(outside)));
  }
  for (const char* inside : {"10.0.0.1", "10.255.1.2", "[10.0.0.1]", "www.evil.com", "alice", "10",
                             "167772161", "1.2.3 beta"}) {
    CAPTURE(inside);
    CHECK_FALSE(is_refused(permit("ip:10.0.0.0/8"), named(inside)));
  }
  CHECK(is_refused(exclude("ip:10.0.0.0/8"), named("10.0.0.1")));
  CHECK(is_refused(exclude("ip:10.0.0.0/8"), named("::ffff:10.0.0.1")));
  CHECK(is_refused(exclude("ip:2001:db8::/32"), named("[2001:db8::1]")));
  CHECK_FALSE(is_refused(exclude("ip:2001:db8::/32"), named("2001:db9::1")));
  CHECK_FALSE(is_refused(exclude("ip:10.0.0.0/8"), named("11.0.0.1")));
  // As a dns name and as an address: both must be permitted.
  const NameConstraints both{.permitted = {base("dns:example.com"), base("ip:10.0.0.0/8")},
                             .excluded = {}};
  CHECK(is_refused(both, named("10.0.0.1")));
  CHECK_FALSE(is_refused(both, named("a.example.com")));
}

TEST_CASE("a common name that is an e-mail address or a URI is held to constraints of its kind") {
  CHECK(is_refused(permit("email:example.com"), named("eve@evil.com")));
  CHECK(is_refused(permit("email:example.com"), named("eve@evil.com@example.com")));
  CHECK(is_refused(permit("email:example.com"), named("@evil.com")));
  CHECK(is_refused(permit("email:example.com"), named("Eve <eve@evil.com>")));
  CHECK_FALSE(is_refused(permit("email:example.com"), named("alice@Example.com")));
  CHECK_FALSE(is_refused(permit("email:example.com"), named("alice")));
  CHECK(is_refused(exclude("email:evil.com"), named("eve@EVIL.com")));
  CHECK(is_refused(permit("uri:example.com"), named("https://evil.com/")));
  CHECK_FALSE(is_refused(permit("uri:example.com"), named("https://example.com/")));
}

TEST_CASE("every common name counts, in every string type, beside every alternative name") {
  const NameConstraints constraints = permit("dns:example.com");
  const GeneralNames inside{GeneralName::dns("a.example.com")};
  CHECK(is_refused(constraints, named("www.evil.com"), inside));  // HAProxy looks at both
  CHECK_FALSE(is_refused(constraints, named("alice"), inside));
  for (const char* subject : {"CN=www.evil.com,CN=a.example.com", "CN=a.example.com,CN=*.evil.com",
                              "CN=evil.com.+UID=alice,O=x"}) {
    CAPTURE(subject);
    CHECK(is_refused(constraints, Name::parse(subject), inside));
    CHECK(is_refused(constraints, Name::parse(subject)));
  }
  namespace tag = mtls::der::tag;
  const std::string host = "*.evil.com";
  CHECK(is_refused(constraints, encoded(tag::bmp_string, wide(host, 2))));
  CHECK(is_refused(constraints, encoded(tag::universal_string, wide(host, 4))));
  CHECK(is_refused(constraints, encoded(tag::teletex_string, host)));
  CHECK(is_refused(constraints, encoded(tag::ia5_string, host)));
  CHECK(is_refused(constraints, encoded(tag::utf8_string, "evil.com" + std::string(2, '\0'))));
  CHECK_FALSE(is_refused(constraints, encoded(tag::bmp_string, wide("a.example.com", 2))));
  CHECK(is_refused(permit("email:example.com"), Name::parse("emailAddress=eve@evil.com,CN=x")));
}

TEST_CASE("alternative names count as what some programs read out of them too") {
  const GeneralName mapped = GeneralName::parse("ip:::ffff:10.0.0.1");
  CHECK(is_refused(exclude("ip:10.0.0.0/8"), Name(), {mapped}));
  CHECK_FALSE(is_refused(exclude("ip:11.0.0.0/8"), Name(), {mapped}));
  CHECK(is_refused(exclude("ip:::ffff:10.0.0.0/104"), Name(), {GeneralName::parse("ip:10.0.0.1")}));
  CHECK_FALSE(
      is_refused(exclude("ip:::ffff:10.0.0.0/104"), Name(), {GeneralName::parse("ip:11.0.0.1")}));
  // All of IPv6 is not all of IPv4.
  CHECK_FALSE(is_refused(exclude("ip:::/0"), Name(), {GeneralName::parse("ip:10.0.0.1")}));
  // A permitted network of mapped addresses permits no IPv4 address.
  CHECK(is_refused(permit("ip:::ffff:10.0.0.0/104"), Name(), {GeneralName::parse("ip:10.0.0.1")}));

  constexpr const char* k_srv = "1.3.6.1.5.5.7.8.7";
  constexpr const char* k_xmpp = "1.3.6.1.5.5.7.8.5";
  namespace tag = mtls::der::tag;
  const NameConstraints constraints = permit("dns:example.com");
  CHECK(is_refused(constraints, Name(), {other(k_srv, tag::ia5_string, "_imap.evil.com")}));
  CHECK_FALSE(
      is_refused(constraints, Name(), {other(k_srv, tag::ia5_string, "_imap.example.com")}));
  CHECK(is_refused(constraints, Name(), {other(k_srv, tag::bmp_string, "_imap.example.com")}));
  CHECK(is_refused(constraints, Name(), {other(k_xmpp, tag::utf8_string, "eve@evil.com/x")}));
  CHECK(is_refused(constraints, Name(), {other(k_xmpp, tag::utf8_string, "evil.com")}));
  CHECK_FALSE(
      is_refused(constraints, Name(), {other(k_xmpp, tag::utf8_string, "a@example.com/x@y")}));
  CHECK_FALSE(is_refused(constraints, Name(), {GeneralName::parse("upn:eve@EVIL")}));
}

TEST_CASE("what is refused for a common name says so") {
  const auto why = constraint_violation(permit("dns:example.com"), named("*.evil.com"), {},
                                        CommonNames::as_any_identity);
  REQUIRE(why);
  CHECK(*why ==
        "the common name, read as dns:*.evil.com, is not within the permitted "
        "dns:example.com");
}
