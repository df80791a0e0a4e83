#include "base/utf8.hpp"

#include <doctest/doctest.h>

namespace mtls {

TEST_CASE("every scalar value comes back from its UTF-8") {
  for (char32_t point = 0; point <= 0x10ffff; ++point) {
    if (point == 0xd800) point = 0xe000;
    std::string text;
    append_utf8(text, point);
    const auto points = decode_utf8(text);
    if (!points || points->size() != 1 || points->front() != point) {
      CAPTURE(static_cast<unsigned>(point));
      FAIL_CHECK("did not come back");
    }
  }
}

TEST_CASE("UTF-8 has the octets of RFC 3629 section 7") {
  CHECK(decode_utf8("A\u2262\u0391.") == std::vector<char32_t>{0x41, 0x2262, 0x391, 0x2e});
  CHECK(decode_utf8("\xed\x95\x9c\xea\xb5\xad") == std::vector<char32_t>{0xd55c, 0xad6d});
  CHECK(decode_utf8("\xf0\xa3\x8e\xb4") == std::vector<char32_t>{0x233b4});
  std::string text;
  append_utf8(text, 0x233b4);
  append_utf8(text, 0x2262);
  append_utf8(text, 0xe9);
  append_utf8(text, 0);
  CHECK(text == std::string("\xf0\xa3\x8e\xb4\xe2\x89\xa2\xc3\xa9\0", 10));
}

TEST_CASE("rejects overlong forms, surrogates, what is past U+10FFFF, and stray octets") {
  for (const char* text :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80", "\xfe", "\xff", "\x80", "a\xbf", "\xc3(", "\xe2\x28\xa1",
        "\xe2\x82(", "\xf0\x9f\x98("}) {
    CAPTURE(text);
    CHECK(decode_utf8(text) == std::nullopt);
  }
}

TEST_CASE("rejects a sequence that is cut off") {
  const std::string text = "\U0001f600";
  for (std::size_t size = 1; size < text.size(); ++size) {
    CHECK(decode_utf8(text.substr(0, size)) == std::nullopt);
    CHECK(decode_utf8("ab" + text.substr(0, size)) == std::nullopt);
  }
}

TEST_CASE("controls are C0, DEL, C1 and the separators of lines and paragraphs") {
  for (const std::uint32_t c :
       std::initializer_list<std::uint32_t>{0x00, 0x1f, 0x7f, 0x80, 0x9f, 0x2028, 0x2029})
    CHECK(is_control(c));
  for (const std::uint32_t c :
       std::initializer_list<std::uint32_t>{0x20, 0x7e, 0xa0, 0x2027, 0x202a})
    CHECK_FALSE(is_control(c));
}

TEST_CASE("bidirectional marks are those of Unicode's Bidi_Control") {
  for (const std::uint32_t c :
       std::initializer_list<std::uint32_t>{0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d,
                                            0x202e, 0x2066, 0x2067, 0x2068, 0x2069}) {
    CHECK(is_bidirectional_mark(c));
  }
  for (const std::uint32_t c : std::initializer_list<std::uint32_t>{
           0x061b, 0x061d, 0x200d, 0x2010, 0x2029, 0x202f, 0x2065, 0x206a}) {
    CHECK_FALSE(is_bidirectional_mark(c));
  }
}

}  // namespace mtls
