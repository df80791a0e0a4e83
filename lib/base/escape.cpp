#include "base/escape.hpp"

#include "base/bytes.hpp"
#include "base/format.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <charconv>

namespace mtls {

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  const auto points = decode_utf8(text);
  const auto show_ascii = [&shown](char32_t c) {
    if (c == '\\') {
      shown += "\\\\";
    } else if (c >= 0x20 && c < 0x7f) {
      shown += static_cast<char>(c);
    } else {
      shown += format("\\x{:02x}", static_cast<unsigned>(c));
    }
  };
  if (!points) {
    for (const char c : text) show_ascii(static_cast<unsigned char>(c));
    return shown;
  }
  for (const char32_t point : *points) {
    if (point < 0x80) {
      show_ascii(point);
    } else {
      shown += format("\\u{{{:x}}}", static_cast<unsigned>(point));
    }
  }
  return shown;
}

namespace {

/// How many octets the first character of `text` has, if it is one of UTF-8 that can be seen beyond
/// ASCII; else 0.
std::size_t visible_length(std::string_view text) {
  constexpr std::size_t k_longest = 4;
  for (std::size_t length = 2; length <= std::min(k_longest, text.size()); ++length) {
    const auto points = decode_utf8(text.substr(0, length));
    if (points && points->size() == 1) return is_visible(points->front()) ? length : 0;
  }
  return 0;
}

/// The octets that pairs such as \E9\98\BF stand for, as many as a character has at most.
std::string take_pairs(std::string_view text) {
  constexpr std::size_t k_pair = 3;
  std::string octets;
  while (octets.size() < 4 && text.size() >= k_pair && text[0] == '\\') {
    const auto octet = from_hex(text.substr(1, 2));
    if (!octet || octet->size() != 1 || octet->front() < 0x80) break;
    octets += static_cast<char>(octet->front());
    text.remove_prefix(k_pair);
  }
  return octets;
}

/// The character that a \u{HEX} at the beginning of `text` stands for; 0 where none does.
char32_t take_braces(std::string_view text, std::size_t& length) {
  constexpr std::string_view k_open = "\\u{";
  if (text.substr(0, k_open.size()) != k_open) return 0;
  unsigned point = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + k_open.size(), end, point, 16);
  if (error != std::errc() || stop == end || *stop != '}') return 0;
  length = static_cast<std::size_t>(stop - text.data()) + 1;
  return point >= 0x80 && is_visible(point) ? point : 0;
}

/// Moves one backslash and what belongs to it from `text` to `shown`.
void move_escape(std::string_view& text, std::string& shown) {
  const std::string octets = take_pairs(text);
  if (const std::size_t length = visible_length(octets); length > 0) {
    shown += octets.substr(0, length);
    text.remove_prefix(3 * length);
    return;
  }
  std::size_t length = 0;
  if (const char32_t point = take_braces(text, length); point != 0) {
    append_utf8(shown, point);
    text.remove_prefix(length);
    return;
  }
  // With what it escapes, if that is another one.
  const std::size_t taken = text.size() > 1 && text[1] == '\\' ? 2 : 1;
  shown += text.substr(0, taken);
  text.remove_prefix(taken);
}

}  // namespace

std::string readable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto octet = static_cast<unsigned char>(text[0]);
    if (octet == '\\') {
      move_escape(text, shown);
      continue;
    }
    std::size_t length = octet < 0x80 ? 1 : visible_length(text);
    if (length > 0 && octet >= 0x20 && octet != 0x7f) {
      shown += text.substr(0, length);
    } else {
      // Of a character that cannot be seen all its octets, so that it is told as what it is.
      for (length = std::min<std::size_t>(4, text.size()); length > 1; --length) {
        const auto points = decode_utf8(text.substr(0, length));
        if (points && points->size() == 1) break;
      }
      shown += printable(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  return shown;
}

std::string file_stem(std::string_view text) {
  std::string stem;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const bool mark = c == '.' || c == '-' || c == '_';
    if (stem.empty() && (c == '.' || c == '-')) continue;
    if (letter || mark) stem += c;
    if (stem.size() == 64) break;
  }
  return stem;
}

}  // namespace mtls
