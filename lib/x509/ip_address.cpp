// IP addresses as text and octets, without the resolver: no zones, no shorthands.
#include "base/format.hpp"
#include "x509/name_matching.hpp"

#include <algorithm>
#include <array>

namespace mtls::x509 {
namespace {

constexpr std::size_t k_groups = 8;
using Groups = std::array<std::uint16_t, k_groups>;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Four decimal numbers to 255 without leading zeros, which some read as octal.
bool read_v4(std::string_view text, std::uint8_t* octets) {
  for (int i = 0; i < 4; ++i) {
    const std::string_view digits = text.substr(0, text.find('.'));
    unsigned value = 0;
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0'))
      return false;
    for (const char c : digits) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > 255) return false;
    octets[i] = static_cast<std::uint8_t>(value);
    const bool ended = digits.size() == text.size();
    if (ended != (i == 3)) return false;
    if (!ended) text.remove_prefix(digits.size() + 1);
  }
  return true;
}

bool read_group(std::string_view digits, std::uint16_t& group) {
  if (digits.empty() || digits.size() > 4) return false;
  unsigned value = 0;
  for (const char c : digits) {
    const int digit = hex_digit(c);
    if (digit < 0) return false;
    value = value << 4U | static_cast<unsigned>(digit);
  }
  group = static_cast<std::uint16_t>(value);
  return true;
}

/// Reads groups joined by ':' into `groups` from the front; returns how many, or nothing. The last
/// two may be written as an IPv4 address where `v4_allowed`.
enum class DottedTail { refused, allowed };
std::optional<std::size_t> read_groups(std::string_view text, DottedTail tail, Groups& groups) {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    std::array<std::uint8_t, 4> dotted{};
    if (last && tail == DottedTail::allowed && count + 2 <= k_groups &&
        read_v4(part, dotted.data())) {
      groups[count++] = static_cast<std::uint16_t>(dotted[0] << 8U | dotted[1]);
      groups[count++] = static_cast<std::uint16_t>(dotted[2] << 8U | dotted[3]);
      return count;
    }
    if (count == k_groups || !read_group(part, groups[count])) return std::nullopt;
    ++count;
    if (last) return count;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return count;
}

/// RFC 4291 section 2.2, all three forms.
bool read_v6(std::string_view text, Groups& groups) {
  const auto gap = text.find("::");
  if (gap == std::string_view::npos)
    return read_groups(text, DottedTail::allowed, groups) == k_groups;
  Groups tail{};
  const auto before = read_groups(text.substr(0, gap), DottedTail::refused, groups);
  const auto after = read_groups(text.substr(gap + 2), DottedTail::allowed, tail);
  // "::" stands for at least one group.
  if (!before || !after || *before + *after >= k_groups) return false;
  std::fill(groups.begin() + static_cast<long>(*before), groups.end(), std::uint16_t{0});
  std::copy_n(tail.begin(), *after, groups.end() - static_cast<long>(*after));
  return true;
}

std::string v4_text(ByteView octets) {
  return format("{}.{}.{}.{}", octets[0], octets[1], octets[2], octets[3]);
}

/// RFC 5952 section 4: the longest run of two or more zero groups, the first of equal ones.
std::string v6_text(ByteView octets) {
  Groups groups{};
  for (std::size_t i = 0; i < k_groups; ++i) {
    groups[i] = static_cast<std::uint16_t>(octets[2 * i] << 8U | octets[2 * i + 1]);
  }
  // Section 5: an address known to hold an IPv4 one shows it.
  if (std::all_of(groups.begin(), groups.begin() + 5, [](auto group) { return group == 0; }) &&
      groups[5] == 0xffff) {
    return "::ffff:" + v4_text(octets.subspan(12));
  }
  std::size_t best = k_groups;
  std::size_t length = 1;
  for (std::size_t at = 0; at < k_groups; ++at) {
    std::size_t end = at;
    while (end < k_groups && groups[end] == 0) ++end;
    if (end - at > length) {
      best = at;
      length = end - at;
    }
  }
  std::string text;
  for (std::size_t at = 0; at < k_groups; ++at) {
    if (at == best) {
      text += "::";
      at += length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += format("{:x}", groups[at]);
  }
  return text;
}

std::string address_text(ByteView octets) {
  return octets.size() == 4 ? v4_text(octets) : v6_text(octets);
}

/// Returns how many leading bits are one; nothing where a one follows a zero.
std::optional<std::size_t> prefix_length(ByteView mask) {
  std::size_t bits = 0;
  bool ended = false;
  for (std::size_t at = 0; at < mask.size() * 8; ++at) {
    const bool one = (unsigned{mask[at / 8]} >> (7 - at % 8) & 1U) != 0;
    if (one && ended) return std::nullopt;
    ended = ended || !one;
    if (one) ++bits;
  }
  return bits;
}

}  // namespace

std::optional<Bytes> parse_ip(std::string_view text) {
  std::array<std::uint8_t, 4> v4{};
  if (read_v4(text, v4.data())) return Bytes(v4.begin(), v4.end());
  Groups groups{};
  if (!read_v6(text, groups)) return std::nullopt;
  Bytes octets;
  octets.reserve(2 * k_groups);
  for (const std::uint16_t group : groups) {
    octets.push_back(static_cast<std::uint8_t>(group >> 8U));
    octets.push_back(static_cast<std::uint8_t>(group & 0xffU));
  }
  return octets;
}

std::string ip_to_text(ByteView octets) {
  if (octets.size() == 4 || octets.size() == 16) return address_text(octets);
  if (octets.size() != 8 && octets.size() != 32) return "#" + to_hex(octets);
  const ByteView address = octets.first(octets.size() / 2);
  const ByteView mask = octets.subspan(octets.size() / 2);
  if (const auto bits = prefix_length(mask)) return format("{}/{}", address_text(address), *bits);
  return format("{}/{}", address_text(address), address_text(mask));
}

}  // namespace mtls::x509
