#include "base/bytes.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace mtls {

TEST_CASE("hex is lower case, two digits an octet") {
  CHECK(to_hex(Bytes{}).empty());
  CHECK(to_hex(Bytes{0x00, 0x0f, 0xa5, 0xff}) == "000fa5ff");
}

TEST_CASE("a fingerprint is upper-case hex with colons between octets") {
  CHECK(to_colon_hex(Bytes{}).empty());
  CHECK(to_colon_hex(Bytes{0xab}) == "AB");
  CHECK(to_colon_hex(Bytes{0x00, 0x0f, 0xa5}) == "00:0F:A5");
}

TEST_CASE("reads hex of either case, with colons throughout or not at all") {
  CHECK(from_hex("") == Bytes{});
  CHECK(from_hex("0aFf") == Bytes{0x0a, 0xff});
  CHECK(from_hex("0A:fF") == Bytes{0x0a, 0xff});
}

TEST_CASE("reads nothing that is not hex") {
  for (const char* text : {"0", "abc", "0g", "g0", "0a:", ":0a", "0a:f", "0a::ff", "0a:ffee",
                           "0aff:ee", "0a ff", " 0a", "0x0a", "-1"}) {
    CAPTURE(text);
    CHECK(from_hex(text) == std::nullopt);
  }
}

TEST_CASE("any octets come back from their hex") {
  CHECK(rc::check([](const Bytes& bytes) {
    RC_ASSERT(from_hex(to_hex(bytes)) == bytes);
    RC_ASSERT(from_hex(to_colon_hex(bytes)) == bytes);
  }));
}

TEST_CASE("equal compares length and octets") {
  CHECK(equal(Bytes{}, Bytes{}));
  CHECK(equal(Bytes{1, 2}, Bytes{1, 2}));
  CHECK_FALSE(equal(Bytes{1, 2}, Bytes{1, 3}));
  CHECK_FALSE(equal(Bytes{1, 2}, Bytes{1}));
  CHECK_FALSE(equal(Bytes{}, Bytes{0}));
}

}  // namespace mtls
