#include "base/escape.hpp"

#include "base/utf8.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace mtls {

TEST_CASE("what can be seen beyond ASCII is readable, however it was escaped") {
  CHECK(readable("CN=\\E9\\98\\BF\\E9\\87\\8C,O=\\C3\\A9") == "CN=\u963f\u91cc,O=\u00e9");
  CHECK(readable("m\\u{fc}ller") == "m\u00fcller");
  CHECK(readable("m\u00fcller") == "m\u00fcller");
  CHECK(readable("\\F0\\9F\\94\\92") == "\U0001f512");
}

TEST_CASE("what cannot be seen stays escaped, and is escaped where it was not") {
  for (const char* kept :
       {"\\x1b[2J", "\\u{202e}", "\\E2\\80\\AE", "\\C2\\9B", "\\FF", "\\E9\\98", "\\E9", "\\",
        "\\\\E9\\\\98\\\\BF", "\\u{41}", "\\u{}", "\\u{110000}", "\\u{fffffffff}", "a\\,b\\\\",
        "\\1B", "\\E2\\80\\8B", "\\EF\\BB\\BF", "\\u{e000}"}) {
    CHECK(readable(kept) == kept);
  }
  CHECK(readable("\x1b[31m\x7f\n") == "\\x1b[31m\\x7f\\x0a");
  CHECK(readable("a\u202eb\u009bc\u200bd") == "a\\u{202e}b\\u{9b}c\\u{200b}d");
  CHECK(readable("\xff\xe9\x98") == "\\xff\\xe9\\x98");
  CHECK(readable(std::string_view("a\0b", 3)) == "a\\x00b");
}

TEST_CASE("reading a readable text again changes nothing") {
  const std::vector<std::string> parts{"\\",   "E9", "98", "BF",   "\\E9", "\xe9",   "\x98",  "u{",
                                       "\\u{", "fc", "}",  "\x1b", "a",    "\u202e", "\u963f"};
  std::uint32_t seed = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int part = 0; part < 8; ++part) {
      seed = seed * 1664525 + 1013904223;
      text += parts[(seed >> 16U) % parts.size()];
    }
    const std::string once = readable(text);
    CHECK(readable(once) == once);
    CHECK(decode_utf8(once).has_value());
  }
}

TEST_CASE("printable ASCII is shown as it is, a backslash doubled") {
  CHECK(printable("CN=root, O=a \"b\" <c@d>~") == "CN=root, O=a \"b\" <c@d>~");
  CHECK(printable("a\\x1b") == "a\\\\x1b");
  CHECK(printable("").empty());
}

TEST_CASE("control characters and terminal escapes cannot act") {
  CHECK(printable("\x1b[2J") == "\\x1b[2J");
  CHECK(printable("a\r\nb\tc\x7f") == "a\\x0d\\x0ab\\x09c\\x7f");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(printable("\u0085\u009b") == "\\u{85}\\u{9b}");
}

TEST_CASE("bidirectional marks and everything else beyond ASCII is written as code points") {
  CHECK(printable("a\u202eb") == "a\\u{202e}b");
  CHECK(printable("m\u00fcller") == "m\\u{fc}ller");
  CHECK(printable("\U0001f600") == "\\u{1f600}");
}

TEST_CASE("what is not UTF-8 is shown octet by octet") {
  CHECK(printable("a\xff\xc3\xbc") == "a\\xff\\xc3\\xbc");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
}

TEST_CASE("any octets become printable ASCII, and different octets different text") {
  CHECK(rc::check([](const std::string& left, const std::string& right) {
    const std::string shown = printable(left);
    RC_ASSERT(
        std::all_of(shown.begin(), shown.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
    if (left != right) RC_ASSERT(shown != printable(right));
  }));
}

TEST_CASE("a file stem is safe whatever the name holds") {
  CHECK(file_stem("client-1.example_x") == "client-1.example_x");
  CHECK(file_stem("../../etc/passwd") == "etcpasswd");
  CHECK(file_stem("..") == "");
  CHECK(file_stem("-rf") == "rf");
  CHECK(file_stem(".-.hidden") == "hidden");
  CHECK(file_stem("a b/c\\d\n\x1b") == "abcd");
  CHECK(file_stem("\u00fc") == "");
  CHECK(file_stem(std::string_view("a\0b", 3)) == "ab");
  CHECK(file_stem(std::string(200, 'a')) == std::string(64, 'a'));
}

}  // namespace mtls
