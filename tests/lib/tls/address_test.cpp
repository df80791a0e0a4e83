#include "tls/address.hpp"

#include <doctest/doctest.h>

namespace mtls::tls {

TEST_CASE("an address is told from a name") {
  CHECK(is_ip_address("127.0.0.1"));
  CHECK(is_ip_address("::1"));
  CHECK(is_ip_address("2001:db8::1"));
  CHECK_FALSE(is_ip_address("localhost"));
  CHECK_FALSE(is_ip_address("1.2.3"));
  CHECK_FALSE(is_ip_address("[::1]"));
  CHECK_FALSE(is_ip_address("fe80::1%eth0"));
  CHECK_FALSE(is_ip_address(""));
}

TEST_CASE("an address with its port is text that a URL takes") {
  CHECK(Address{"192.0.2.1", 443}.to_text() == "192.0.2.1:443");
  CHECK(Address{"::1", 8443}.to_text() == "[::1]:8443");
}

TEST_CASE("an address resolves to itself, once") {
  CHECK(resolve("127.0.0.1", 443) == std::vector<Address>{{"127.0.0.1", 443}});
  CHECK(resolve("::1", 1) == std::vector<Address>{{"::1", 1}});
}

}  // namespace mtls::tls
