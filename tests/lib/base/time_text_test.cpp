#include "base/time_text.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>

namespace mtls {
namespace {

using std::chrono::seconds;

UnixTime at(std::int64_t unix_seconds) { return UnixTime{seconds{unix_seconds}}; }

}  // namespace

TEST_CASE("instants are written as RFC 3339 in UTC") {
  CHECK(to_rfc3339(at(0)) == "1970-01-01T00:00:00Z");
  CHECK(to_rfc3339(at(-1)) == "1969-12-31T23:59:59Z");
  CHECK(to_rfc3339(at(951782400)) == "2000-02-29T00:00:00Z");
  CHECK(to_rfc3339(at(4107542399)) == "2100-02-28T23:59:59Z");
  CHECK(to_rfc3339(at(4107542400)) == "2100-03-01T00:00:00Z");
  CHECK(to_rfc3339(k_earliest_time) == "0000-01-01T00:00:00Z");
  CHECK(to_rfc3339(k_latest_time) == "9999-12-31T23:59:59Z");
}

TEST_CASE("instants beyond the years 0 to 9999 are clamped when written") {
  CHECK(to_rfc3339(at(INT64_MAX)) == "9999-12-31T23:59:59Z");
  CHECK(to_rfc3339(at(INT64_MIN)) == "0000-01-01T00:00:00Z");
}

TEST_CASE("reads RFC 3339, its offsets, fractions and a bare date") {
  CHECK(parse_rfc3339("2026-01-31T23:59:59Z") == at(1769903999));
  CHECK(parse_rfc3339("2026-01-31t23:59:59z") == at(1769903999));
  CHECK(parse_rfc3339("2026-01-31 23:59:59Z") == at(1769903999));
  CHECK(parse_rfc3339("2026-01-31T23:59:59.999Z") == at(1769903999));
  CHECK(parse_rfc3339("1985-04-12T23:20:50.52Z") == at(482196050));
  CHECK(parse_rfc3339("1996-12-19T16:39:57-08:00") == at(851042397));
  CHECK(parse_rfc3339("1937-01-01T12:00:27+00:20") == at(-1041337173));
  CHECK(parse_rfc3339("2026-02-01") == at(1769904000));
  CHECK(parse_rfc3339("2024-02-29") == at(1709164800));
}

TEST_CASE("reads nothing that is no instant") {
  for (const char* text : {"",
                           "2026",
                           "2026-1-1",
                           "2026-02-29",
                           "2026-13-01",
                           "2026-00-01",
                           "2026-01-00",
                           "2026-01-32",
                           "2100-02-29",
                           "2026-01-01T",
                           "2026-01-01T00:00Z",
                           "2026-01-01T24:00:00Z",
                           "2026-01-01T23:60:00Z",
                           "2026-01-01T23:59:60Z",
                           "2026-01-01T00:00:00",
                           "2026-01-01T00:00:00.Z",
                           "2026-01-01T00:00:00+0100",
                           "2026-01-01T00:00:00+24:00",
                           "2026-01-01T00:00:00+01:60",
                           "2026-01-01T00:00:00Zx",
                           "2026-01-01Z",
                           "-026-01-01",
                           "+2026-01-01",
                           "2026-01-01T+1:00:00Z",
                           "20260101000000Z",
                           "now"}) {
    CAPTURE(text);
    CHECK(parse_rfc3339(text) == std::nullopt);
  }
}

TEST_CASE("any instant of the years 0 to 9999 comes back from its text") {
  CHECK(rc::check([] {
    const auto time = at(*rc::gen::inRange(k_earliest_time.time_since_epoch().count(),
                                           k_latest_time.time_since_epoch().count() + 1));
    RC_ASSERT(parse_rfc3339(to_rfc3339(time)) == time);
    RC_ASSERT(from_civil(to_civil(time)) == time);
  }));
}

TEST_CASE("calendar fields out of their range make no instant") {
  const CivilTime good{.year = 2026, .month = 6, .day = 30, .hour = 23, .minute = 59, .second = 59};
  REQUIRE(from_civil(good));
  const auto with = [&good](auto change) {
    CivilTime changed = good;
    change(changed);
    return from_civil(changed);
  };
  CHECK_FALSE(with([](CivilTime& c) { c.year = -1; }));
  CHECK_FALSE(with([](CivilTime& c) { c.year = 10000; }));
  CHECK_FALSE(with([](CivilTime& c) { c.month = 0; }));
  CHECK_FALSE(with([](CivilTime& c) { c.month = 13; }));
  CHECK_FALSE(with([](CivilTime& c) { c.day = 31; }));
  CHECK_FALSE(with([](CivilTime& c) { c.hour = 24; }));
  CHECK_FALSE(with([](CivilTime& c) { c.minute = 60; }));
  CHECK_FALSE(with([](CivilTime& c) { c.second = 60; }));
}

TEST_CASE("reads durations with their unit") {
  CHECK(parse_duration("1s") == seconds{1});
  CHECK(parse_duration("90m") == seconds{5400});
  CHECK(parse_duration("12h") == seconds{43200});
  CHECK(parse_duration("90d") == seconds{7776000});
  CHECK(parse_duration("2w") == seconds{1209600});
  CHECK(parse_duration("1y") == seconds{31536000});
  CHECK(parse_duration("10000y") == seconds{315360000000});
}

TEST_CASE("reads nothing that is no duration, is zero, or is over 10,000 years") {
  for (const char* text :
       {"", "d", "5", "0d", "-5d", "+5d", "5 d", " 5d", "5d ", "5D", "1.5h", "5dd", "1h30m", "0x5d",
        "10001y", "3650001d", "99999999999999999999s", "9223372036854775807y"}) {
    CAPTURE(text);
    CHECK(parse_duration(text) == std::nullopt);
  }
}

TEST_CASE(
    "a duration is written with the largest of d, h, m and s that divides it, and read back") {
  CHECK(to_text(seconds{7776000}) == "90d");
  CHECK(to_text(seconds{129600}) == "36h");
  CHECK(to_text(seconds{5400}) == "90m");
  CHECK(to_text(seconds{90}) == "90s");
  CHECK(rc::check([] {
    const seconds duration{*rc::gen::inRange<std::int64_t>(1, 315360000001)};
    RC_ASSERT(parse_duration(to_text(duration)) == duration);
  }));
}

}  // namespace mtls
