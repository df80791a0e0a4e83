// Instants and durations as the command line and profiles write them.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mtls {

/// Years that can be written: 0000 to 9999.
inline constexpr UnixTime k_earliest_time{std::chrono::seconds{-62167219200}};
inline constexpr UnixTime k_latest_time{std::chrono::seconds{253402300799}};

/// Returns RFC 3339 in UTC with seconds, e.g. 2026-01-31T23:59:59Z; `time` is clamped to the years
/// 0000 to 9999.
[[nodiscard]] std::string to_rfc3339(UnixTime time);
/// Reads RFC 3339 (Z or a numeric offset, fractions of a second cut off); a bare date is midnight
/// UTC. Nothing if it is no such text or no such day.
[[nodiscard]] std::optional<UnixTime> parse_rfc3339(std::string_view text);

/// Reads a duration: digits and one of s, m, h, d, w, y (365 d). Nothing if it is anything else,
/// zero, or over 10,000 years.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);
/// Returns the text in the largest of d, h, m and s that divides `duration`, which parse_duration
/// reads back: 90d, 36h, 90s.
[[nodiscard]] std::string to_text(std::chrono::seconds duration);

/// The calendar fields of an instant, UTC.
struct CivilTime {
  int year;
  unsigned month;  // 1 to 12
  unsigned day;    // 1 to 31
  unsigned hour;
  unsigned minute;
  unsigned second;
};
[[nodiscard]] CivilTime to_civil(UnixTime time);
/// Returns the instant, or nothing where a field is out of its range (second 60 included).
[[nodiscard]] std::optional<UnixTime> from_civil(const CivilTime& civil);

}  // namespace mtls
