#include "base/base64.hpp"

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
  for (std::size_t at = 0; at < text.size(); at += 4) {
    const bool last = at + 4 == text.size();
    std::size_t padding = 0;
    if (last && text[at + 3] == '=') padding = text[at + 2] == '=' ? 2 : 1;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      group <<= 6U;
      if (i >= 4 - padding) continue;
      const std::int8_t value = k_values[static_cast<unsigned char>(text[at + i])];
      if (value < 0) return std::nullopt;
      group |= static_cast<std::uint32_t>(value);
    }
    bytes.push_back(static_cast<std::uint8_t>(group >> 16U));
    if (padding < 2) bytes.push_back(static_cast<std::uint8_t>(group >> 8U));
    if (padding < 1) bytes.push_back(static_cast<std::uint8_t>(group));
    const std::uint32_t unused = padding == 2 ? group & 0xffffU : padding == 1 ? group & 0xffU : 0;
    if (unused != 0) return std::nullopt;
  }
  return bytes;
}

}  // namespace mtls
