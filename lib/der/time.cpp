#include "base/error.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "der/reader.hpp"

#include <array>

namespace mtls::der {

UnixTime read_time(const Element& element, std::string_view what) {
  const auto fail = [what](std::string_view why) -> UnixTime {
    throw Error(Errc::malformed, format("malformed {}: {}", what, why));
  };
  const bool utc = element.tag == tag::utc_time;
  if (!utc && element.tag != tag::generalized_time) return fail("no time where one should stand");
  const std::size_t year_digits = utc ? 2 : 4;
  const ByteView text = element.content;
  if (text.size() != year_digits + 11 || text.back() != 'Z') {
    return fail("a time that is not in the form of RFC 5280");
  }
  std::array<unsigned, 6> fields{};  // year, month, day, hour, minute, second
  std::size_t at = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (const std::size_t end = at + (i == 0 ? year_digits : 2); at < end; ++at) {
      if (text[at] < '0' || text[at] > '9') return fail("a time with something else than digits");
      fields[i] = fields[i] * 10 + (text[at] - static_cast<unsigned>('0'));
    }
  }
  int year = static_cast<int>(fields[0]);
  if (utc) year += year < 50 ? 2000 : 1900;
  const auto time = from_civil({.year = year,
                                .month = fields[1],
                                .day = fields[2],
                                .hour = fields[3],
                                .minute = fields[4],
                                .second = fields[5]});
  if (!time) return fail("a time that does not exist");
  return *time;
}

}  // namespace mtls::der
