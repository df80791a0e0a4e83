#include "der/reader.hpp"

#include "support/thrown.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>

namespace mtls::der {
namespace {

using test::code_of;

Bytes hex(std::string_view text) {
  auto octets = from_hex(text);
  REQUIRE(octets);
  return *std::move(octets);
}

/// True if `read`, given a reader of those octets, throws malformed.
template <class Read>
bool refuses(std::string_view octets, Read&& read) {
  const Bytes bytes = hex(octets);
  return code_of([&] {
           Reader reader(bytes, "value");
           static_cast<void>(read(reader));
         }) == Errc::malformed;
}

/// Returns what `read` makes of those octets, all of which it must take.
template <class Read>
auto reads(std::string_view octets, Read&& read) {
  const Bytes bytes = hex(octets);
  Reader reader(bytes, "value");
  auto value = read(reader);
  reader.end();
  return value;
}

const auto k_integer = [](Reader& reader) { return to_hex(reader.integer()); };
const auto k_small = [](Reader& reader) { return reader.small_integer(); };
const auto k_boolean = [](Reader& reader) { return reader.boolean(); };
const auto k_any = [](Reader& reader) { return reader.any().tag; };
const auto k_bits = [](Reader& reader) {
  const BitString bits = reader.bit_string();
  return to_hex(bits.octets) + "/" + std::to_string(bits.unused);
};

/// `depth` constructed elements, one within the other, around nothing.
Bytes nested(std::size_t depth) {
  Bytes octets;
  for (std::size_t i = 0; i < depth; ++i) {
    Bytes outer{tag::sequence};
    const std::size_t size = octets.size();
    if (size >= 0x100) {
      outer.insert(outer.end(), {0x82, static_cast<std::uint8_t>(size >> 8U)});
    } else if (size >= 0x80) {
      outer.push_back(0x81);
    }
    outer.push_back(static_cast<std::uint8_t>(size));
    outer.insert(outer.end(), octets.begin(), octets.end());
    octets = std::move(outer);
  }
  return octets;
}

}  // namespace

TEST_CASE("an element has its tag, its content, and both together") {
  const Bytes octets =
      hex("0403010203"
          "0500");
  Reader reader(octets, "value");
  CHECK(reader.peek_tag() == tag::octet_string);
  const Element element = reader.any();
  CHECK(element.tag == tag::octet_string);
  CHECK(to_hex(element.content) == "010203");
  CHECK(to_hex(element.whole) == "0403010203");
  CHECK(to_hex(reader.rest()) == "0500");
  CHECK_FALSE(reader.at_end());
  reader.null();
  CHECK(reader.at_end());
  CHECK(reader.peek_tag() == std::nullopt);
  reader.end();
}

TEST_CASE("lengths of one, two, three and four octets are read") {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U, 16777216U}) {
    Bytes octets{tag::octet_string};
    if (size < 128) {
      octets.push_back(static_cast<std::uint8_t>(size));
    } else {
      Bytes length;
      for (std::size_t rest = size; rest != 0; rest >>= 8U) {
        length.insert(length.begin(), static_cast<std::uint8_t>(rest));
      }
      octets.push_back(static_cast<std::uint8_t>(0x80U | length.size()));
      octets.insert(octets.end(), length.begin(), length.end());
    }
    octets.resize(octets.size() + size);
    Reader reader(octets, "value");
    CHECK(reader.octet_string().size() == size);
    CHECK(reader.at_end());
  }
}

TEST_CASE("refuses what is not DER in tag and length") {
  struct Case {
    const char* defect;
    const char* octets;
  };
  constexpr std::array<Case, 19> k_cases{{
      {"nothing at all", ""},
      {"a tag alone", "30"},
      {"an indefinite length",
       "3080020101"
       "0000"},
      {"an indefinite length of a primitive",
       "0480"
       "0000"},
      {"end-of-contents", "0000"},
      {"a long form where the short one holds it", "04810100"},
      {"a long form of 127", "04817f00"},
      {"a length with a leading zero", "0482008000"},
      {"two octets of length where one would do", "048200ff00"},
      {"a length without its octets", "0481"},
      {"a length with one octet of two", "048201"},
      {"a length of four octets past the end", "0484ffffffff00"},
      {"a length of five octets", "0485010000000000"},
      {"a length of eight octets", "0488ffffffffffffffff00"},
      {"a length of 127 octets", "04ff00"},
      {"content that is cut off", "040201"},
      {"a tag number over 30", "1f810000"},
      {"a context tag number over 30", "bf1f00"},
      {"a length past the end by one", "30030201"},
  }};
  for (const Case& each : k_cases) {
    CAPTURE(each.defect);
    CHECK(refuses(each.octets, k_any));
    CHECK_FALSE(is_well_formed(hex(each.octets)));
  }
}

TEST_CASE("every truncation is refused") {
  const Bytes whole =
      hex("3014"
          "0603551d11"
          "0101ff"
          "040a"
          "3008"
          "8206"
          "612e62632e64");
  REQUIRE(is_well_formed(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const ByteView part = ByteView(whole).first(size);
    CHECK(code_of([&] { Reader(part, "value").any(); }) == Errc::malformed);
    CHECK_FALSE(is_well_formed(part));
  }
}

TEST_CASE("an element must have the tag that was asked for") {
  CHECK(refuses("020100", [](Reader& reader) { return reader.element(tag::octet_string).tag; }));
  CHECK(refuses("", [](Reader& reader) { return reader.element(tag::octet_string).tag; }));
  CHECK(refuses("2403040100", [](Reader& reader) { return reader.octet_string().size(); }));
  CHECK(refuses("1000", [](Reader& reader) { return reader.into(tag::sequence).at_end(); }));
}

TEST_CASE("an optional element is taken only where its tag is next") {
  const Bytes octets =
      hex("a003020102"
          "020105");
  Reader reader(octets, "value");
  CHECK_FALSE(reader.optional(tag::context(1)));
  CHECK_FALSE(reader.into_optional(tag::context_constructed(1)));
  auto version = reader.into_optional(tag::context_constructed(0));
  REQUIRE(version);
  CHECK(version->small_integer() == 2);
  version->end();
  const auto serial = reader.optional(tag::integer);
  REQUIRE(serial);
  CHECK(to_hex(serial->content) == "05");
  CHECK_FALSE(reader.optional(tag::integer));
  reader.end();
}

TEST_CASE("an inner reader ends where its element does") {
  const Bytes octets =
      hex("3003020105"
          "020107");
  Reader reader(octets, "value");
  Reader inner = reader.into(tag::sequence);
  CHECK(inner.small_integer() == 5);
  CHECK(code_of([&] { inner.small_integer(); }) == Errc::malformed);
  inner.end();
  CHECK(code_of([&] { reader.end(); }) == Errc::malformed);
  CHECK(reader.small_integer() == 7);
}

TEST_CASE("a boolean is 00 or ff, one octet") {
  CHECK(reads("0101ff", k_boolean));
  CHECK_FALSE(reads("010100", k_boolean));
  for (const char* octets : {"010101", "01017f", "0100", "0102ffff", "02010f"}) {
    CAPTURE(octets);
    CHECK(refuses(octets, k_boolean));
  }
}

TEST_CASE("an integer is minimal two's complement") {
  CHECK(reads("020100", k_integer) == "00");
  CHECK(reads("02017f", k_integer) == "7f");
  CHECK(reads("02020080", k_integer) == "0080");
  CHECK(reads("020180", k_integer) == "80");
  CHECK(reads("0202ff7f", k_integer) == "ff7f");
  for (const char* octets : {"0200", "02020000", "0202007f", "0202ffff", "0202ff80", "030100"}) {
    CAPTURE(octets);
    CHECK(refuses(octets, k_integer));
  }
}

TEST_CASE("a small integer is from 0 to 2^63 - 1") {
  CHECK(reads("020100", k_small) == 0);
  CHECK(reads("02020080", k_small) == 128);
  CHECK(reads("02087fffffffffffffff", k_small) == 0x7fffffffffffffffU);
  for (const char* octets :
       {"0201ff", "020180", "0209008000000000000000", "020a01000000000000000000"}) {
    CAPTURE(octets);
    CHECK(refuses(octets, k_small));
  }
}

TEST_CASE("a bit string names the unused bits of its last octet, which are zero") {
  CHECK(reads("030100", k_bits) == "/0");
  CHECK(reads("030205a0", k_bits) == "a0/5");
  CHECK(reads("03030780"
              "80",
              k_bits) == "8080/7");
  for (const char* octets :
       {"0300", "030101", "030107", "030208ff", "0302ff00", "03020101", "030205b0", "2303030100"}) {
    CAPTURE(octets);
    CHECK(refuses(octets, k_bits));
  }
}

TEST_CASE("a null is empty and an object identifier is one") {
  CHECK(refuses("050100", [](Reader& reader) { return (reader.null(), 0); }));
  CHECK(reads("0603551d11", [](Reader& reader) { return reader.oid().to_dotted(); }) ==
        "2.5.29.17");
  for (const char* octets : {"0600", "060180", "06022a86"}) {
    CAPTURE(octets);
    CHECK(refuses(octets, [](Reader& reader) { return reader.oid().to_dotted(); }));
  }
}

TEST_CASE("a complaint names what was being read") {
  const auto error =
      test::thrown_by([] { return Reader(ByteView{}, "certificate request").any().tag; });
  REQUIRE(error);
  CHECK(error->message().find("certificate request") != std::string::npos);
}

TEST_CASE("well-formed is one element, and DER all the way down") {
  CHECK(is_well_formed(hex("0500")));
  CHECK(is_well_formed(hex("3000")));
  CHECK(
      is_well_formed(hex("300a"
                         "3003020101"
                         "3003020102")));
  CHECK_FALSE(is_well_formed(hex("05000500")));
  CHECK_FALSE(
      is_well_formed(hex("300a"
                         "3004020101"
                         "3003020102")));
  CHECK_FALSE(
      is_well_formed(hex("3005"
                         "3080"
                         "0000"
                         "00")));
  // What a primitive holds is its own business.
  CHECK(
      is_well_formed(hex("0402"
                         "3080")));
}

TEST_CASE("nesting is followed to a depth of 64 and costs no stack") {
  CHECK(is_well_formed(nested(1)));
  CHECK(is_well_formed(nested(64)));
  CHECK_FALSE(is_well_formed(nested(65)));
  CHECK_FALSE(is_well_formed(nested(10'000)));
}

TEST_CASE("any octets are read or refused, and never read past") {
  CHECK(rc::check([](const Bytes& octets) {
    try {
      Reader reader(octets, "value");
      while (!reader.at_end()) {
        const Element element = reader.any();
        RC_ASSERT(element.whole.size() >= element.content.size() + 2);
        RC_ASSERT(element.whole.data() >= octets.data());
        RC_ASSERT(element.whole.data() + element.whole.size() <= octets.data() + octets.size());
      }
    } catch (const Error& error) {
      RC_ASSERT(error.code() == Errc::malformed);
    }
    static_cast<void>(is_well_formed(octets));
  }));
}

}  // namespace mtls::der
