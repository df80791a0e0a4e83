#include "render/quoting.hpp"

#include "base/utf8.hpp"
#include "render/config_words.hpp"
#include "render/yaml_document.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <vector>

using mtls::Errc;
using mtls::render::comment_line;
using mtls::render::Dialect;
using mtls::render::quote;
using mtls::test::code_of;

namespace {

const std::vector<std::string> k_odd{"",     "a",      "a b",  "a\"b",        "a'b",   "'",
                                     "\\",   "a\\",    "#",    "a #b",        "{x};",  "~",
                                     "null", "123e45", "- a",  "a: b",        "%YAML", "\xc3\xa9",
                                     "*",    "&x",     "!tag", "a\\\"b\\\\c", "\\n",   "-x"};

std::string from_yaml(const std::string& text) {
  return mtls::render::read_yaml("key: " + text).front().text_at("key").value();
}
std::string from_nginx(const std::string& text) {
  return mtls::render::read_nginx("key " + text + ";").front().words.at(1);
}
std::string from_haproxy(const std::string& text) {
  return mtls::render::read_haproxy("key " + text).front().words.at(1);
}

}  // namespace

TEST_CASE("every text that is not refused is one value when it is read again") {
  for (const std::string& text : k_odd) {
    CAPTURE(text);
    CHECK(from_yaml(quote(Dialect::yaml, text)) == text);
    CHECK(from_nginx(quote(Dialect::nginx, text)) == text);
    CHECK(from_haproxy(quote(Dialect::haproxy, text)) == text);
  }
}

TEST_CASE("YAML keeps any UTF-8, line ends and control characters too") {
  for (const std::string text : {"a\nb", "a\tb", "\x01", "\x7f", "\xc2\x85", "\xe2\x80\xa8",
                                 "\xef\xbb\xbf", "\xe2\x80\xae", "\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    CAPTURE(text);
    const std::string quoted = quote(Dialect::yaml, text);
    CHECK(quoted.find('\n') == std::string::npos);
    CHECK(from_yaml(quoted) == text);
  }
  // Other readers do not take these as they are.
  CHECK(quote(Dialect::yaml, "\xef\xbf\xbf") == "\"\\uFFFF\"");
  CHECK(code_of([] { static_cast<void>(quote(Dialect::yaml, "\xff")); }) == Errc::bad_name);
}

TEST_CASE("any printable text comes back") {
  CHECK(rc::check("quote", [](const std::vector<std::uint8_t>& octets) {
    std::string text;
    for (const std::uint8_t octet : octets) text += static_cast<char>(0x20 + octet % 0x5f);
    RC_ASSERT(from_yaml(quote(Dialect::yaml, text)) == text);
    RC_ASSERT(from_haproxy(quote(Dialect::haproxy, text)) == text);
    if (text.find('$') == std::string::npos) {
      RC_ASSERT(from_nginx(quote(Dialect::nginx, text)) == text);
    }
  }));
}

TEST_CASE("what a format cannot hold is refused") {
  CHECK(code_of([] { static_cast<void>(quote(Dialect::nginx, "a$b")); }) == Errc::bad_name);
  for (const Dialect dialect : {Dialect::nginx, Dialect::haproxy, Dialect::shell}) {
    for (const std::string& text :
         {std::string("a\nb"), std::string("\r"), std::string("a\0b", 3), std::string("\x1b["),
          std::string("\xe2\x80\xae"), std::string("\xff"), std::string("\xc2\x85")}) {
      CHECK(code_of([&] { static_cast<void>(quote(dialect, text)); }) == Errc::bad_name);
    }
  }
}

TEST_CASE("shell words are bare or single quoted") {
  CHECK(quote(Dialect::shell, "/a/b-c_1.crt") == "/a/b-c_1.crt");
  CHECK(quote(Dialect::shell, "") == "''");
  CHECK(quote(Dialect::shell, "a b") == "'a b'");
  CHECK(quote(Dialect::shell, "$(x)") == "'$(x)'");
  CHECK(quote(Dialect::shell, "a'b") == "'a'\\''b'");
  CHECK(quote(Dialect::shell, "~") == "'~'");
}

TEST_CASE("a comment is one line") {
  CHECK(comment_line("a # \"b\"") == "a # \"b\"");
  CHECK(code_of([] { static_cast<void>(comment_line("a\nb")); }) == Errc::bad_name);
  CHECK(code_of([] { static_cast<void>(comment_line("a\xe2\x80\xa8")); }) == Errc::bad_name);
}
