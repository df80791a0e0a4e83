#include "der/oid.hpp"

#include "support/thrown.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>

namespace mtls::der {
namespace {

using test::code_of;

struct Vector {
  const char* dotted;
  const char* content;
};

// As `openssl asn1parse -genstr OID:…` encodes them.
constexpr std::array<Vector, 10> k_vectors{{
    {"2.5.29.17", "551d11"},
    {"1.2.840.113549.1.1.11", "2a864886f70d01010b"},
    {"1.3.6.1.5.5.7.3.2", "2b06010505070302"},
    {"0.0", "00"},
    {"0.39", "27"},
    {"1.0", "28"},
    {"1.39", "4f"},
    {"2.0", "50"},
    {"2.999", "8837"},
    {"2.25.329800735698586629295641978511506172918", "6983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776"},
}};

}  // namespace

TEST_CASE("object identifiers have the octets that openssl gives them") {
  for (const Vector& vector : k_vectors) {
    CAPTURE(vector.dotted);
    const auto parsed = Oid::parse(vector.dotted);
    REQUIRE(parsed);
    CHECK(to_hex(parsed->content()) == vector.content);
    const auto octets = from_hex(vector.content);
    REQUIRE(octets);
    CHECK(Oid::from_content(*octets).to_dotted() == vector.dotted);
    CHECK(Oid::from_content(*octets) == *parsed);
  }
}

TEST_CASE("reads nothing that is no dotted object identifier") {
  for (const char* text :
       {"", "1", "1.", ".1", "1..2", "3.1", "0.40", "1.40", "1.2.", "01.2", "1.02", "1.2.00",
        "1.2 ", " 1.2", "1.-2", "1.+2", "1.2.x", "1,2", "99999999999999999999.1"}) {
    CAPTURE(text);
    CHECK_FALSE(Oid::parse(text));
  }
  std::string too_long = "1.2";
  for (int i = 0; i < 64; ++i) too_long += ".1";
  CHECK_FALSE(Oid::parse(too_long));
  CHECK_FALSE(Oid::parse("1.2." + std::string(139, '9')));
  CHECK_FALSE(Oid::parse("1.2." + std::string(10'000, '9')));
}

TEST_CASE("arcs of any size are read and written") {
  for (const char* text :
       {"1.2.9223372036854775807", "1.2.9223372036854775808", "2.9223372036854775728",
        "2.25.329800735698586629295641978511506172918", "2.340282366920938463463374607431768211455",
        "1.2.18446744073709551616.1"}) {
    CAPTURE(text);
    const auto parsed = Oid::parse(text);
    REQUIRE(parsed);
    CHECK(parsed->to_dotted() == text);
  }
}

TEST_CASE("refuses content that is no object identifier") {
  for (const char* content : {"", "80", "8001", "2a80", "2a8001", "2a86", "ff", "2aff"}) {
    CAPTURE(content);
    const auto octets = from_hex(content);
    REQUIRE(octets);
    CHECK(code_of([&] { static_cast<void>(Oid::from_content(*octets)); }) == Errc::malformed);
  }
  CHECK(code_of([] { static_cast<void>(Oid::from_content(Bytes(65, 1))); }) == Errc::malformed);
  CHECK(code_of([] { static_cast<void>(Oid::from_content(Bytes(64, 1))); }) == std::nullopt);
  Bytes largest(64, 0xff);
  largest.back() = 0x7f;
  CHECK(Oid::parse(Oid::from_content(largest).to_dotted())->content().size() == 64);
}

TEST_CASE("a literal of the program that is none is a bug") {
  CHECK(code_of([] { static_cast<void>(oid("2.5.29")); }) == std::nullopt);
  CHECK(code_of([] { static_cast<void>(oid("2.5.x")); }) == Errc::internal);
}

TEST_CASE("any arcs come back from content and from text") {
  CHECK(rc::check([] {
    const auto first = *rc::gen::inRange<std::uint64_t>(0, 3);
    const auto second = first < 2 ? *rc::gen::inRange<std::uint64_t>(0, 40)
                                  : *rc::gen::arbitrary<std::uint64_t>() >> 2U;
    std::string dotted = std::to_string(first) + '.' + std::to_string(second);
    for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
      const auto bits = *rc::gen::inRange(1U, 64U);  // arcs of every length, the longest of 63 bits
      dotted += '.' + std::to_string(*rc::gen::arbitrary<std::uint64_t>() >> bits);
    }
    const auto parsed = Oid::parse(dotted);
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(parsed->to_dotted() == dotted);
    RC_ASSERT(Oid::from_content(parsed->content()) == *parsed);
  }));
}

}  // namespace mtls::der
