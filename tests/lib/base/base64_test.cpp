#include "base/base64.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>

namespace mtls {
namespace {

struct Vector {
  std::string_view plain;
  std::string_view coded;
};

// RFC 4648 section 10.
constexpr std::array<Vector, 7> k_vectors{{{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}}};

}  // namespace

TEST_CASE("agrees with the vectors of RFC 4648") {
  for (const Vector& vector : k_vectors) {
    CAPTURE(vector.coded);
    CHECK(to_base64(as_bytes(vector.plain)) == vector.coded);
    const auto bytes = from_base64(vector.coded);
    REQUIRE(bytes);
    CHECK(as_text(*bytes) == vector.plain);
  }
}

TEST_CASE("uses the whole standard alphabet") {
  const Bytes bytes{0xfb, 0xff, 0xbf, 0x00, 0x10, 0x83};
  CHECK(to_base64(bytes) == "+/+/ABCD");
  CHECK(from_base64("+/+/ABCD") == bytes);
  CHECK(from_base64("-_-_ABCD") == std::nullopt);
}

TEST_CASE("reads nothing but padded base64 without white space") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=",
                           "==", "====", "A===", "Zg==Zg==", "Zm8=Zm8=", "Z=g=", "Z=8v",
                           " Zg==", "Zg== ", "Zm9v\n", "Zm 9v", "Zm9v=", "Zm9!", "Zm9\x80"}) {
    CAPTURE(text);
    CHECK(from_base64(text) == std::nullopt);
  }
  CHECK(from_base64(std::string_view("Zm\0v", 4)) == std::nullopt);
}

TEST_CASE("rejects bits behind the last octet") {
  CHECK(from_base64("Zh==") == std::nullopt);
  CHECK(from_base64("Zm9=") == std::nullopt);
}

TEST_CASE("any octets come back from their base64") {
  CHECK(rc::check([](const Bytes& bytes) {
    const std::string text = to_base64(bytes);
    RC_ASSERT(text.size() == (bytes.size() + 2) / 3 * 4);
    RC_ASSERT(from_base64(text) == bytes);
  }));
}

TEST_CASE("whatever is read is the one text of its octets") {
  // Every text of four out of these: digits with and without low bits, padding, and what is
  // neither.
  constexpr std::string_view k_letters = "AQgwz/=+ \n";
  for (const char a : k_letters) {
    for (const char b : k_letters) {
      for (const char c : k_letters) {
        for (const char d : k_letters) {
          const std::string text{a, b, c, d};
          const auto bytes = from_base64(text);
          if (bytes) CHECK(to_base64(*bytes) == text);
        }
      }
    }
  }
}

}  // namespace mtls
