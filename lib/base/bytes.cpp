#include "base/bytes.hpp"

#include <algorithm>

namespace mtls {
namespace {

constexpr std::string_view k_lower = "0123456789abcdef";
constexpr std::string_view k_upper = "0123456789ABCDEF";

int digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

bool equal(ByteView left, ByteView right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += k_lower[byte >> 4U];
    text += k_lower[byte & 15U];
  }
  return text;
}

std::string to_colon_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 3);
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text += ':';
    text += k_upper[byte >> 4U];
    text += k_upper[byte & 15U];
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  const bool colons = text.size() > 2 && text[2] == ':';
  std::size_t at = 0;
  while (at < text.size()) {
    if (colons && at > 0) {
      if (text[at] != ':') return std::nullopt;
      ++at;
    }
    if (at + 2 > text.size()) return std::nullopt;
    const int high = digit_value(text[at]);
    const int low = digit_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    at += 2;
  }
  return bytes;
}

}  // namespace mtls
