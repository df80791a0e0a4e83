#include "der/writer.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"

#include <array>

namespace mtls::der {
namespace {

/// The length octets for `size`: returns how many of `octets` are used.
std::size_t encode_length(std::size_t size, std::array<std::uint8_t, 9>& octets) {
  if (size < 0x80) {
    octets[0] = static_cast<std::uint8_t>(size);
    return 1;
  }
  std::size_t count = 0;
  for (std::size_t rest = size; rest != 0; rest >>= 8U) ++count;
  octets[0] = static_cast<std::uint8_t>(0x80U | count);
  for (std::size_t i = 0; i < count; ++i) {
    octets[count - i] = static_cast<std::uint8_t>(size >> (8 * i));
  }
  return count + 1;
}

}  // namespace

Writer& Writer::element(std::uint8_t tag, ByteView content) {
  std::array<std::uint8_t, 9> length{};
  const std::size_t used = encode_length(content.size(), length);
  m_octets.push_back(tag);
  m_octets.insert(m_octets.end(), length.begin(), length.begin() + static_cast<long>(used));
  return raw(content);
}

Writer& Writer::raw(ByteView octets) {
  m_octets.insert(m_octets.end(), octets.begin(), octets.end());
  return *this;
}

std::size_t Writer::open(std::uint8_t tag) {
  m_octets.push_back(tag);
  return m_octets.size();
}

Writer& Writer::close(std::size_t mark) {
  std::array<std::uint8_t, 9> length{};
  const std::size_t used = encode_length(m_octets.size() - mark, length);
  m_octets.insert(m_octets.begin() + static_cast<long>(mark), length.begin(),
                  length.begin() + static_cast<long>(used));
  return *this;
}

Writer& Writer::boolean_true() { return element(tag::boolean, std::array<std::uint8_t, 1>{0xff}); }
Writer& Writer::boolean_false() { return element(tag::boolean, std::array<std::uint8_t, 1>{0x00}); }

Writer& Writer::integer(std::uint64_t value) {
  std::array<std::uint8_t, 8> octets{};
  for (std::size_t i = 0; i < 8; ++i) octets[7 - i] = static_cast<std::uint8_t>(value >> (8 * i));
  return unsigned_integer(octets);
}

Writer& Writer::unsigned_integer(ByteView magnitude) {
  while (!magnitude.empty() && magnitude[0] == 0) magnitude = magnitude.subspan(1);
  Bytes content;
  content.reserve(magnitude.size() + 1);
  if (magnitude.empty() || magnitude[0] >= 0x80) content.push_back(0);
  content.insert(content.end(), magnitude.begin(), magnitude.end());
  return element(tag::integer, content);
}

Writer& Writer::oid(const Oid& value) { return element(tag::object_identifier, value.content()); }

Writer& Writer::bit_string(ByteView octets, unsigned unused) {
  return constructed(tag::bit_string, [&](Writer& content) {
    content.m_octets.push_back(static_cast<std::uint8_t>(unused));
    content.raw(octets);
  });
}

Writer& Writer::octet_string(ByteView octets) { return element(tag::octet_string, octets); }
Writer& Writer::null() { return element(tag::null, {}); }

Writer& Writer::text(std::uint8_t tag, std::string_view value) {
  return element(tag, as_bytes(value));
}

Writer& Writer::time(UnixTime value) {
  constexpr UnixTime k_first{std::chrono::seconds{-631152000}};  // 1950-01-01
  if (value < k_first || value > k_latest_time) {
    throw Error(Errc::internal, format("the time {} (Unix seconds) cannot stand in a certificate",
                                       value.time_since_epoch().count()));
  }
  const CivilTime civil = to_civil(value);
  const std::string rest = format("{:02}{:02}{:02}{:02}{:02}Z", civil.month, civil.day, civil.hour,
                                  civil.minute, civil.second);
  if (civil.year < 2050) {
    return text(tag::utc_time, format("{:02}{}", civil.year % 100, rest));
  }
  return text(tag::generalized_time, format("{:04}{}", civil.year, rest));
}

}  // namespace mtls::der
