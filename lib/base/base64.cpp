#include "base/base64.hpp"

#include <algorithm>
#include <array>

namespace mtls {
namespace {

constexpr std::string_view k_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < k_alphabet.size(); ++i) {
    values[static_cast<unsigned char>(k_alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr auto k_values = make_values();

/// Returns the 24 bits of a group of two to four digits, the absent ones zero; nothing where one is
/// no digit, there are fewer, or bits are set behind the last whole octet.
std::optional<std::uint32_t> read_group(std::string_view digits) {
  if (digits.size() < 2) return std::nullopt;
  std::uint32_t group = 0;
  for (const char digit : digits) {
    const std::int8_t value = k_values[static_cast<unsigned char>(digit)];
    if (value < 0) return std::nullopt;
    group = (group << 6U) | static_cast<std::uint32_t>(value);
  }
  group <<= 6U * (4 - digits.size());
  const std::uint32_t unused = digits.size() == 2 ? 0xffffU : digits.size() == 3 ? 0xffU : 0;
  if ((group & unused) != 0) return std::nullopt;
  return group;
}

}  // namespace

std::string to_base64(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = static_cast<std::uint32_t>(bytes[at]) << 16U;
    if (have > 1) group |= static_cast<std::uint32_t>(bytes[at + 1]) << 8U;
    if (have > 2) group |= bytes[at + 2];
    text += k_alphabet[(group >> 18U) & 63U];
    text += k_alphabet[(group >> 12U) & 63U];
    text += have > 1 ? k_alphabet[(group >> 6U) & 63U] : '=';
    text += have > 2 ? k_alphabet[group & 63U] : '=';
  }
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  while (!text.empty()) {
    const std::string_view quad = text.substr(0, 4);
    text.remove_prefix(4);
    // Padding stands only in the last group; anywhere else '=' is no digit.
    const auto digits = text.empty() ? quad.substr(0, quad.find_last_not_of('=') + 1) : quad;
    const auto group = read_group(digits);
    if (!group) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(*group >> 16U));
    if (digits.size() > 2) bytes.push_back(static_cast<std::uint8_t>(*group >> 8U));
    if (digits.size() > 3) bytes.push_back(static_cast<std::uint8_t>(*group));
  }
  return bytes;
}

}  // namespace mtls
