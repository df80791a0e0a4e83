// Text of Windows programs. `iconv` is the judge in tests/cli/input_kinds_test.py.
#include "base/utf16.hpp"

#include "base/error.hpp"
#include "base/toml_document.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mtls;

namespace {

std::string utf16(std::u16string_view text, bool high_first) {
  std::string octets;
  for (const char16_t c : text) {
    const char high = static_cast<char>(c >> 8U);
    const char low = static_cast<char>(c & 0xffU);
    octets += high_first ? high : low;
    octets += high_first ? low : high;
  }
  return octets;
}

std::string decoded(std::string_view octets) {
  const auto text = decode_utf16(as_bytes(octets));
  return text ? std::string(as_text(text->view())) : "not UTF-16";
}

Errc code_of(std::string_view octets) {
  try {
    static_cast<void>(decode_utf16(as_bytes(octets)));
  } catch (const Error& error) {
    return error.code();
  }
  return Errc::internal;
}

}  // namespace

TEST_CASE("decodes UTF-16 of both orders, with a byte order mark and without") {
  for (const bool high_first : {false, true}) {
    CHECK(decoded(utf16(u"\ufeffa\u00e9\u20ac\U0001f511\r\n", high_first)) == "aé€🔑\r\n");
    CHECK(decoded(utf16(u"-----BEGIN X-----", high_first)) == "-----BEGIN X-----");
  }
}

TEST_CASE("what is not UTF-16 is not decoded") {
  using namespace std::string_view_literals;
  for (const std::string_view octets :
       {""sv, "a"sv, "-----BEGIN"sv, "\xef\xbb\xbf-----"sv, "0\x00"sv, "0\x82\x01\x00"sv,
        "\xfe\xed\xfe\xed"sv, "0\x80\x06\x00"sv, "\x00\x00\x00\x00"sv}) {
    CHECK(decoded(octets) == "not UTF-16");
  }
}

TEST_CASE("rejects UTF-16 that is cut short or has half a surrogate pair, and UTF-32") {
  using namespace std::string_view_literals;
  CHECK(code_of("\xff\xfe-\x00-"sv) == Errc::malformed);
  CHECK(code_of(utf16(u"\ufeffa", true) + "\xdc\x01") == Errc::malformed);
  CHECK(code_of(utf16(u"\ufeffa", true) + "\xd8\x01") == Errc::malformed);
  CHECK(code_of(utf16(u"\ufeffa", true) + "\xd8\x01\xd8\x01") == Errc::malformed);
  CHECK(code_of("\xff\xfe\x00\x00-\x00\x00\x00"sv) == Errc::unsupported);
}

TEST_CASE("TOML in UTF-16 is read") {
  const std::string text = utf16(u"\ufeffname = \"é\"\r\n", false);
  const TomlDocument document = TomlDocument::parse(text, "x.toml", Errc::bad_config);
  CHECK(document.root().string("name")->text == "é");
}
