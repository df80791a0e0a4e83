#include "base/utf8.hpp"

#include <algorithm>
#include <array>

namespace mtls {
namespace {

struct Lead {
  std::size_t following;
  char32_t bits;
  char32_t least;  // the smallest code point that needs this length
};

std::optional<Lead> read_lead(unsigned char c) {
  if (c < 0x80) return Lead{0, c, 0};
  if (c >= 0xc2 && c <= 0xdf) return Lead{1, c & 0x1fU, 0x80};
  if (c >= 0xe0 && c <= 0xef) return Lead{2, c & 0x0fU, 0x800};
  if (c >= 0xf0 && c <= 0xf4) return Lead{3, c & 0x07U, 0x10000};
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<char32_t>> decode_utf8(std::string_view text) {
  std::vector<char32_t> points;
  points.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = read_lead(static_cast<unsigned char>(text[at++]));
    if (!lead || text.size() - at < lead->following) return std::nullopt;
    char32_t point = lead->bits;
    for (std::size_t i = 0; i < lead->following; ++i) {
      const auto c = static_cast<unsigned char>(text[at++]);
      if ((c & 0xc0U) != 0x80U) return std::nullopt;
      point = (point << 6U) | (c & 0x3fU);
    }
    if (point < lead->least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      return std::nullopt;
    }
    points.push_back(point);
  }
  return points;
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((code_point >> shift) & 0x3fU));
  };
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    text += static_cast<char>(0xc0U | (code_point >> 6U));
    tail(0);
  } else if (code_point < 0x10000) {
    text += static_cast<char>(0xe0U | (code_point >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0U | (code_point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_control(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

bool is_visible(char32_t c) noexcept {
  struct Range {
    char32_t first;
    char32_t last;
  };
  // Unicode's White_Space (but the ideographic one, which is as wide as a character),
  // Default_Ignorable_Code_Point, surrogates, private use and noncharacters.
  constexpr std::array k_unseen{
      Range{0x00, 0x20},       Range{0x7f, 0xa0},       Range{0xad, 0xad},
      Range{0x34f, 0x34f},     Range{0x61c, 0x61c},     Range{0x115f, 0x1160},
      Range{0x1680, 0x1680},   Range{0x17b4, 0x17b5},   Range{0x180b, 0x180f},
      Range{0x2000, 0x200f},   Range{0x2028, 0x202f},   Range{0x205f, 0x206f},
      Range{0x2800, 0x2800},   Range{0x3164, 0x3164},   Range{0xd800, 0xf8ff},
      Range{0xfdd0, 0xfdef},   Range{0xfe00, 0xfe0f},   Range{0xfeff, 0xfeff},
      Range{0xffa0, 0xffa0},   Range{0xfff0, 0xfffb},   Range{0xfffe, 0xffff},
      Range{0x1bca0, 0x1bca3}, Range{0x1d173, 0x1d17a}, Range{0xe0000, 0xffffffff},
  };
  return std::none_of(k_unseen.begin(), k_unseen.end(),
                      [c](const Range& range) { return c >= range.first && c <= range.last; }) &&
         (c & 0xfffeU) != 0xfffeU;
}

bool is_bidirectional_mark(char32_t c) noexcept {
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

}  // namespace mtls
