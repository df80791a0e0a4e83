#include "base/escape.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace mtls {

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
