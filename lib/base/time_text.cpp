#include "base/time_text.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mtls {
namespace {

using std::chrono::seconds;

/// Reads exactly `digits` decimal digits at the front of `text` and removes them.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<seconds> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return seconds{0};
  const bool east = take(text, '+');
  if (!east && !take(text, '-')) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const seconds offset{std::int64_t{*hours} * 3600 + std::int64_t{*minutes} * 60};
  return east ? offset : -offset;
}

struct Unit {
  char letter;
  std::int64_t size;  // seconds
};
constexpr std::array<Unit, 6> k_units{
    {{'y', 31536000}, {'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};
constexpr std::int64_t k_longest = 10'000LL * 31'536'000;

}  // namespace

CivilTime to_civil(UnixTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto rest = static_cast<unsigned>((time - day).count());
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<unsigned>(date.month()),
          .day = static_cast<unsigned>(date.day()),
          .hour = rest / 3600,
          .minute = rest / 60 % 60,
          .second = rest % 60};
}

std::optional<UnixTime> from_civil(const CivilTime& civil) {
  const std::chrono::year_month_day date{
      std::chrono::year{civil.year}, std::chrono::month{civil.month}, std::chrono::day{civil.day}};
  if (!date.ok() || civil.year < 0 || civil.year > 9999 || civil.hour > 23 || civil.minute > 59 ||
      civil.second > 59) {
    return std::nullopt;
  }
  return std::chrono::sys_days{date} +
         seconds{civil.hour * 3600 + civil.minute * 60 + civil.second};
}

std::string to_rfc3339(UnixTime time) {
  const CivilTime civil = to_civil(std::clamp(time, k_earliest_time, k_latest_time));
  return format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", civil.year, civil.month, civil.day,
                civil.hour, civil.minute, civil.second);
}

std::optional<UnixTime> parse_rfc3339(std::string_view text) {
  CivilTime civil{};
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  civil.year = static_cast<int>(*year);
  civil.month = *month;
  civil.day = *day;
  if (text.empty()) return from_civil(civil);

  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second) return std::nullopt;
  civil.hour = *hour;
  civil.minute = *minute;
  civil.second = *second;
  if (take(text, '.')) {
    if (!take_number(text, 1)) return std::nullopt;
    while (take_number(text, 1)) {
    }
  }
  const auto offset = take_offset(text);
  const auto local = from_civil(civil);
  if (!offset || !local || !text.empty()) return std::nullopt;
  return *local - *offset;
}

std::optional<seconds> parse_duration(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  std::int64_t count = 0;
  const char* end = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop != end || count <= 0) return std::nullopt;
  for (const Unit& unit : k_units) {
    if (unit.letter != text.back()) continue;
    if (count > k_longest / unit.size) return std::nullopt;
    return seconds{count * unit.size};
  }
  return std::nullopt;
}

std::string to_text(seconds duration) {
  for (const char letter : {'d', 'h', 'm', 's'}) {
    for (const Unit& unit : k_units) {
      if (unit.letter == letter && duration.count() % unit.size == 0) {
        return format("{}{}", duration.count() / unit.size, letter);
      }
    }
  }
  return format("{}s", duration.count());
}

}  // namespace mtls
