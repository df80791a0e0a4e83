#include "der/writer.hpp"

#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace mtls::der {
namespace {

using test::code_of;

/// The hex of what `write` puts into a new writer.
template <class Write>
std::string written(Write&& write) {
  Writer writer;
  write(writer);
  return to_hex(writer.view());
}

UnixTime at(std::int64_t unix_seconds) { return UnixTime{std::chrono::seconds{unix_seconds}}; }

std::string time_text(std::int64_t unix_seconds) {
  Writer writer;
  writer.time(at(unix_seconds));
  Reader reader(writer.view(), "time");
  const Element element = reader.any();
  CHECK(read_time(element, "time") == at(unix_seconds));
  return (element.tag == tag::utc_time ? "utc " : "generalized ") +
         std::string(as_text(element.content));
}

/// A tree of elements, no deeper than `depth`.
void write_tree(Writer& writer, unsigned depth) {
  const auto size = *rc::gen::inRange(0, 5);
  for (int i = 0; i < size; ++i) {
    const auto kind = *rc::gen::inRange(0, 4);
    if (kind == 0 && depth > 0) {
      writer.sequence([&](Writer& inner) { write_tree(inner, depth - 1); });
    } else if (kind == 1) {
      writer.octet_string(Bytes(*rc::gen::inRange<std::size_t>(0, 300), 0x30));
    } else if (kind == 2) {
      writer.integer(*rc::gen::arbitrary<std::uint64_t>());
    } else {
      writer.oid(oid("1.2.840.113549"));
    }
  }
}

}  // namespace

TEST_CASE("lengths are minimal, also of what is written piece by piece") {
  const auto header_of = [](std::size_t size) {
    const Bytes content(size, 0xaa);
    Writer whole;
    whole.element(tag::sequence, content);
    Writer pieces;
    pieces.sequence([&](Writer& body) { body.raw(content); });
    CHECK(equal(whole.view(), pieces.view()));
    return to_hex(whole.view().first(whole.view().size() - size));
  };
  CHECK(header_of(0) == "3000");
  CHECK(header_of(127) == "307f");
  CHECK(header_of(128) == "308180");
  CHECK(header_of(255) == "3081ff");
  CHECK(header_of(256) == "30820100");
  CHECK(header_of(65535) == "3082ffff");
  CHECK(header_of(65536) == "3083010000");
  CHECK(header_of(16777216) == "308401000000");
}

TEST_CASE("integers are minimal and not negative") {
  const auto number = [](std::uint64_t value) {
    return written([value](Writer& writer) { writer.integer(value); });
  };
  CHECK(number(0) == "020100");
  CHECK(number(127) == "02017f");
  CHECK(number(128) == "02020080");
  CHECK(number(256) == "02020100");
  CHECK(number(65537) == "0203010001");
  CHECK(number(UINT64_MAX) == "020900ffffffffffffffff");
  const auto magnitude = [](const Bytes& octets) {
    return written([&octets](Writer& writer) { writer.unsigned_integer(octets); });
  };
  CHECK(magnitude({}) == "020100");
  CHECK(magnitude({0, 0, 0}) == "020100");
  CHECK(magnitude({0, 0, 0x7f}) == "02017f");
  CHECK(magnitude({0x80}) == "02020080");
  CHECK(magnitude({0, 0x80, 1}) == "0203008001");
}

TEST_CASE("the other types have their DER") {
  CHECK(written([](Writer& writer) { writer.boolean_true(); }) == "0101ff");
  CHECK(written([](Writer& writer) { writer.boolean_false(); }) == "010100");
  CHECK(written([](Writer& writer) { writer.null(); }) == "0500");
  CHECK(written([](Writer& writer) { writer.oid(oid("2.5.29.17")); }) == "0603551d11");
  CHECK(written([](Writer& writer) { writer.bit_string(Bytes{0xa0}, 5); }) == "030205a0");
  CHECK(written([](Writer& writer) { writer.bit_string({}); }) == "030100");
  CHECK(written([](Writer& writer) { writer.octet_string(Bytes{1, 2}); }) == "04020102");
  CHECK(written([](Writer& writer) { writer.text(tag::utf8_string, "ab"); }) == "0c026162");
  CHECK(written([](Writer& writer) { writer.text(tag::context(2), "a"); }) == "820161");
  CHECK(written([](Writer& writer) {
          writer.constructed(tag::context_constructed(3), [](Writer& body) { body.null(); });
        }) == "a3020500");
}

TEST_CASE("times are UTCTime through 2049 and GeneralizedTime from then on") {
  CHECK(time_text(-631152000) == "utc 500101000000Z");
  CHECK(time_text(0) == "utc 700101000000Z");
  CHECK(time_text(951825600) == "utc 000229120000Z");
  CHECK(time_text(2524607999) == "utc 491231235959Z");
  CHECK(time_text(2524608000) == "generalized 20500101000000Z");
  CHECK(time_text(253402300799) == "generalized 99991231235959Z");
}

TEST_CASE("a time that no certificate can hold is a bug, and is not wrapped around") {
  // The last is the year 67536, which 16 bits take for 2000.
  for (const std::int64_t value : {std::int64_t{-631152001}, std::int64_t{253402300800}, INT64_MIN,
                                   INT64_MAX, std::int64_t{2068143494400}}) {
    CAPTURE(value);
    CHECK(code_of([value] { Writer().time(at(value)); }) == Errc::internal);
  }
}

TEST_CASE("any number comes back from its integer") {
  CHECK(rc::check([](std::uint64_t value) {
    Writer writer;
    writer.integer(value >> 1U);
    RC_ASSERT(Reader(writer.view(), "value").small_integer() == value >> 1U);
  }));
  CHECK(rc::check([](const Bytes& magnitude) {
    Writer writer;
    writer.unsigned_integer(magnitude);
    Reader reader(writer.view(), "value");
    const ByteView content = reader.integer();  // minimal, or it would throw
    reader.end();
    RC_ASSERT(content[0] < 0x80);
    const auto strip = [](ByteView octets) {
      while (!octets.empty() && octets[0] == 0) octets = octets.subspan(1);
      return to_hex(octets);
    };
    RC_ASSERT(strip(content) == strip(magnitude));
  }));
}

TEST_CASE("any instant of a certificate comes back from its time") {
  CHECK(rc::check([] {
    const UnixTime time = at(*rc::gen::inRange<std::int64_t>(-631152000, 253402300800));
    Writer writer;
    writer.time(time);
    RC_ASSERT(read_time(Reader(writer.view(), "time").any(), "time") == time);
  }));
}

TEST_CASE("any tree of elements is well-formed") {
  CHECK(rc::check([] {
    Writer writer;
    writer.sequence([](Writer& body) { write_tree(body, 5); });
    RC_ASSERT(is_well_formed(writer.view()));
  }));
}

TEST_CASE("openssl reads what is written") {
  Writer writer;
  writer.sequence([](Writer& body) {
    body.integer(65537);
    body.unsigned_integer(Bytes(20, 0xfe));
    body.boolean_true();
    body.oid(oid("2.5.29.17"));
    body.constructed(tag::set, [](Writer& set) { set.text(tag::printable_string, "cn"); });
    body.time(at(2524607999));
    body.time(at(2524608000));
    body.octet_string(Bytes(300, 0x55));
  });
  const test::TemporaryDirectory scratch;
  const std::string file = scratch.write("value.der", as_text(writer.view()));
  const auto outcome = test::run({"openssl", "asn1parse", "-inform", "DER", "-in", file});
  INFO(outcome.shown());
  REQUIRE(outcome.ok());
  for (const char* part :
       {"INTEGER           :010001", "INTEGER           :FEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFE",
        "BOOLEAN           :255", "X509v3 Subject Alternative Name", "PRINTABLESTRING   :cn",
        "UTCTIME           :491231235959Z", "GENERALIZEDTIME   :20500101000000Z", "l= 300 prim"}) {
    CAPTURE(part);
    CHECK(outcome.out.find(part) != std::string::npos);
  }
}

}  // namespace mtls::der
