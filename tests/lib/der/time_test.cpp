#include "base/time_text.hpp"
#include "der/reader.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

#include <array>

namespace mtls::der {
namespace {

UnixTime read(std::uint8_t tag, std::string_view text) {
  return read_time({.tag = tag, .content = as_bytes(text), .whole = {}}, "certificate");
}

bool refuses(std::uint8_t tag, std::string_view text) {
  return test::code_of([&] { static_cast<void>(read(tag, text)); }) == Errc::malformed;
}

}  // namespace

TEST_CASE("UTCTime is of the years 1950 to 2049") {
  CHECK(to_rfc3339(read(tag::utc_time, "500101000000Z")) == "1950-01-01T00:00:00Z");
  CHECK(to_rfc3339(read(tag::utc_time, "991231235959Z")) == "1999-12-31T23:59:59Z");
  CHECK(to_rfc3339(read(tag::utc_time, "000229120000Z")) == "2000-02-29T12:00:00Z");
  CHECK(to_rfc3339(read(tag::utc_time, "491231235959Z")) == "2049-12-31T23:59:59Z");
}

TEST_CASE("GeneralizedTime has a year of four digits") {
  CHECK(to_rfc3339(read(tag::generalized_time, "20500101000000Z")) == "2050-01-01T00:00:00Z");
  CHECK(read(tag::generalized_time, "99991231235959Z") == k_latest_time);
  CHECK(read(tag::generalized_time, "00000101000000Z") == k_earliest_time);
}

TEST_CASE("refuses every other form of a time") {
  for (const char* text : {"", "Z", "5001010000Z", "500101000000", "500101000000z",
                           "500101000000+0000", "5001010000000Z", "500101000000.5Z",
                           "20500101000000Z", "50010100 000Z", "-50101000000Z", "5o0101000000Z"}) {
    CAPTURE(text);
    CHECK(refuses(tag::utc_time, text));
  }
  for (const char* text : {"", "500101000000Z", "20500101000000", "20500101000000.0Z",
                           "20500101000000+0000", "205001010000Z", "2050010100000 Z"}) {
    CAPTURE(text);
    CHECK(refuses(tag::generalized_time, text));
  }
}

TEST_CASE("refuses a time that does not exist") {
  for (const char* text : {"500001000000Z", "501301000000Z", "500100000000Z", "500132000000Z",
                           "500229000000Z", "500101240000Z", "500101006000Z", "500101000060Z"}) {
    CAPTURE(text);
    CHECK(refuses(tag::utc_time, text));
  }
}

TEST_CASE("refuses what is no time at all") {
  CHECK(refuses(tag::utf8_string, "500101000000Z"));
  CHECK(refuses(tag::integer, "500101000000Z"));
}

}  // namespace mtls::der
