#include "base/host_port.hpp"

#include "support/thrown.hpp"

#include <doctest/doctest.h>

#include <array>
#include <utility>

using namespace mtls;
using mtls::test::code_of;
using mtls::test::thrown_by;

namespace {

/// What is said of `text`; empty where it is read.
std::string objection(const std::string& text, PortZero zero = PortZero::refuse) {
  const auto error = thrown_by([&text, zero] { static_cast<void>(parse_host_port(text, zero)); });
  if (!error) return {};
  CHECK(error->code() == Errc::usage);
  return error->message();
}

bool is_refused(const std::string& entry) {
  return code_of([&entry] { static_cast<void>(parse_resolve_entry(entry)); }) == Errc::usage;
}

}  // namespace

TEST_CASE("a port is decimal digits up to 65535, and 0 only where that is allowed") {
  CHECK(parse_port("1") == 1);
  CHECK(parse_port("65535") == 65535);
  CHECK(parse_port("00443") == 443);
  CHECK_FALSE(parse_port("0"));
  CHECK(parse_port("0", PortZero::allow) == 0);
  for (const char* bad : {"", "65536", "4294967739", "99999999999999999999", "-1", "+1", " 1", "1 ",
                          "1x", "0x1f", "1.0", "http", "\xef\xbc\x91"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_port(bad, PortZero::allow));
  }
}

TEST_CASE("an address has one usual text, without brackets, zone or shorthand") {
  for (const auto& [given, usual] :
       {std::pair("127.0.0.1", "127.0.0.1"), std::pair("::1", "::1"),
        std::pair("0:0:0:0:0:0:0:1", "::1"), std::pair("2001:DB8::A", "2001:db8::a"),
        std::pair("::ffff:192.0.2.1", "::ffff:192.0.2.1")}) {
    CHECK(canonical_ip(given) == std::string(usual));
  }
  for (const char* bad :
       {"", "localhost", "127.1", "1.2.3", "01.2.3.4", "1.2.3.256", "1.2.3.4.5", "[::1]", "::1%lo",
        "fe80::1%eth0", ":::", "1::2::3", "12345::", "::1 ", "0x7f.0.0.1", "2130706433"}) {
    CAPTURE(bad);
    CHECK_FALSE(canonical_ip(bad));
  }
  CHECK_FALSE(canonical_ip(std::string_view("::1\0x", 5)));
}

TEST_CASE("a host and a port are read") {
  CHECK(parse_host_port("localhost:8443") == HostPort{"localhost", 8443});
  CHECK(parse_host_port("WWW.Example.COM:443") == HostPort{"www.example.com", 443});
  CHECK(parse_host_port("a.example.:443") == HostPort{"a.example.", 443});
  CHECK(parse_host_port("my_service:80") == HostPort{"my_service", 80});
  CHECK(parse_host_port("192.0.2.1:1") == HostPort{"192.0.2.1", 1});
  CHECK(parse_host_port("[::1]:65535") == HostPort{"::1", 65535});
  CHECK(parse_host_port("[0:0::1]:443") == HostPort{"::1", 443});
  CHECK(parse_host_port("127.0.0.1:0", PortZero::allow) == HostPort{"127.0.0.1", 0});
  CHECK(parse_host_port("xn--bcher-kva.example:443").host == "xn--bcher-kva.example");
  CHECK(parse_host_port("[2001:db8::1]:443").text() == "[2001:db8::1]:443");
  CHECK(parse_host_port("a.example:443").text() == "a.example:443");
}

TEST_CASE("whatever is no host and port is refused with the reason") {
  for (const auto& [text, why] : {std::pair("", "the host is empty"),
                                  std::pair(":443", "the host is empty"),
                                  std::pair("a", "there is no port"),
                                  std::pair("[::1]", "there is no port"),
                                  std::pair("a:", "the port is empty"),
                                  std::pair("[::1]:", "the port is empty"),
                                  std::pair("a:0", "'0' is not a port"),
                                  std::pair("a:65536", "'65536' is not a port"),
                                  std::pair("a:443x", "'443x' is not a port"),
                                  std::pair("a: 443", "' 443' is not a port"),
                                  std::pair("a:+443", "'+443' is not a port"),
                                  std::pair("a:-1", "'-1' is not a port"),
                                  std::pair("::1:443", "colons outside brackets"),
                                  std::pair("::1", "colons outside brackets"),
                                  std::pair("a:1:2", "colons outside brackets"),
                                  std::pair("[::1", "a '[' without its ']'"),
                                  std::pair("[::1:443", "a '[' without its ']'"),
                                  std::pair("[::1]443", "'443' follows the ']'"),
                                  std::pair("[::1]x:443", "follows the ']'"),
                                  std::pair("[]:443", "not an IPv6 address"),
                                  std::pair("[a]:443", "not an IPv6 address"),
                                  std::pair("[127.0.0.1]:443", "not an IPv6 address"),
                                  std::pair("[fe80::1%lo]:443", "has a zone"),
                                  std::pair("[fe80::1%25lo]:443", "has a zone"),
                                  std::pair("b\xc3\xbc"
                                            "cher.example:443",
                                            "is not ASCII"),
                                  std::pair(".:443", "neither a host name"),
                                  std::pair("a..:443", "neither a host name"),
                                  std::pair("a..b:443", "neither a host name"),
                                  std::pair("-a:443", "neither a host name"),
                                  std::pair("a b:443", "neither a host name"),
                                  std::pair("*.example:443", "neither a host name"),
                                  std::pair("a/b:443", "neither a host"),
                                  std::pair("u@a:443", "neither a host name"),
                                  std::pair("127.1:443", "neither a host name"),
                                  std::pair("1.2.3.256:443", "neither a host name"),
                                  std::pair("0x7f.1:443", "neither a host"),
                                  std::pair("2130706433:443", "neither a host name")}) {
    CAPTURE(text);
    CHECK(objection(text).find(why) != std::string::npos);
  }
  CHECK_FALSE(objection(std::string(64, 'a') + ":1").empty());
  CHECK(objection(std::string(63, 'a') + ":1").empty());
  const std::string label = std::string(49, 'a') + ".";
  CHECK_FALSE(objection(label + label + label + label + label + "aaaa:1").empty());
  CHECK(objection(label + label + label + label + label + "aaa:1").empty());
  CHECK_FALSE(objection(std::string("a\0b:1", 5)).empty());
}

TEST_CASE("a URL's authority need not have a port") {
  CHECK(parse_host_port_or("[::1]", 443) == HostPort{"::1", 443});
  CHECK(parse_host_port_or("a.example", 443) == HostPort{"a.example", 443});
  CHECK(parse_host_port_or("a.example:1", 443) == HostPort{"a.example", 1});
  for (const char* bad : {"a.example:", "a:0", "::1", "", "[::1]x"}) {
    CAPTURE(bad);
    CHECK(code_of([bad] { static_cast<void>(parse_host_port_or(bad, 443)); }) == Errc::usage);
  }
}

TEST_CASE("a host alone may be an IPv6 address with brackets or without") {
  CHECK(parse_host("::1") == "::1");
  CHECK(parse_host("[::1]") == "::1");
  CHECK(parse_host("A.example") == "a.example");
  CHECK(url_host("::1") == "[::1]");
  CHECK(url_host("a.example") == "a.example");
  for (const char* bad : {"", "a:443", "[::1]:443", "a.example..", "fe80::1%lo"}) {
    CAPTURE(bad);
    CHECK(code_of([bad] { static_cast<void>(parse_host(bad)); }) == Errc::usage);
  }
}

TEST_CASE("--resolve has curl's syntax, with IPv6 hosts in brackets") {
  CHECK(parse_resolve_entry("[::1]:8443:127.0.0.1").text() == "[::1]:8443:127.0.0.1");
  CHECK(parse_resolve_entry("[::1]:8443:[::1]").text() == "[::1]:8443:[::1]");
  CHECK(parse_resolve_entry("a.example:443:127.0.0.1").text() == "a.example:443:127.0.0.1");
  CHECK(parse_resolve_entry("a.example:443:::1").text() == "a.example:443:[::1]");
  CHECK(parse_resolve_entry("a.example:443:[::1]").text() == "a.example:443:[::1]");
  CHECK(parse_resolve_entry("A.Example:0443:1.2.3.4,[::1],::2").text() ==
        "a.example:443:1.2.3.4,[::1],[::2]");
  CHECK(parse_resolve_entry("+a:443:1.2.3.4").text() == "a:443:1.2.3.4");
  CHECK(parse_resolve_entry("*:443:1.2.3.4").text() == "*:443:1.2.3.4");
  for (const char* bad : {"",
                          "a",
                          "a:443",
                          "a:443:",
                          "a:443:b",
                          "a:x:127.0.0.1",
                          "a::127.0.0.1",
                          "a:0:127.0.0.1",
                          "a:65536:127.0.0.1",
                          ":443:127.0.0.1",
                          "-a:443",
                          "-a:443:127.0.0.1",
                          "a:443:127.0.0.1x",
                          "a:443:,",
                          "a:443:[::1",
                          "a:443:::1]",
                          "a:443:fe80::1%lo",
                          "[fe80::1%lo]:443:127.0.0.1",
                          "::1:443:127.0.0.1",
                          "[::1:443:127.0.0.1",
                          "[::1]443:127.0.0.1",
                          "[a]:443:127.0.0.1",
                          "*.example:443:127.0.0.1",
                          "a:443:127.1",
                          "[::1]",
                          "[::1]:443",
                          "[::1]::127.0.0.1"}) {
    CAPTURE(bad);
    CHECK(is_refused(bad));
  }
}

TEST_CASE("an entry is about its host and port, or every host") {
  const auto one = parse_resolve_entry("A.example:443:192.0.2.1");
  CHECK(one.matches("a.example", 443));
  CHECK_FALSE(one.matches("a.example", 8443));
  CHECK_FALSE(one.matches("b.example", 443));
  CHECK(parse_resolve_entry("*:443:192.0.2.1").matches("b.example", 443));
  CHECK(parse_resolve_entry("[0::1]:443:192.0.2.1").matches("::1", 443));
}
