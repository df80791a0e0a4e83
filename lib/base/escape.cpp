#include "base/escape.hpp"

#include "base/format.hpp"
#include "base/utf8.hpp"

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
