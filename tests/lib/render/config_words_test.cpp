#include "render/config_words.hpp"

#include "support/thrown.hpp"

#include <doctest/doctest.h>

using mtls::Errc;
using mtls::render::has_port;
using mtls::render::read_haproxy;
using mtls::render::read_nginx;
using mtls::test::code_of;

using Words = std::vector<std::string>;

TEST_CASE("reads directives and blocks of nginx with their lines") {
  const auto read = read_nginx(
      "# c {\nuser www; events{}\nhttp {\n  server {\n    listen 443 ssl; # d }\n"
      "    log_format a '\"$x\" {' \"b\\\"c\";\n    set $y ${z};\n  }\n}\n");
  REQUIRE(read.size() == 3);
  CHECK(read[0].words == Words{"user", "www"});
  CHECK(read[1].block.empty());
  const auto& server = read[2].block.at(0);
  CHECK(server.line == 4);
  CHECK(server.block.at(0).words == Words{"listen", "443", "ssl"});
  CHECK(server.block.at(1).words == Words{"log_format", "a", "\"$x\" {", "b\"c"});
  CHECK(server.block.at(2).words == Words{"set", "$y", "${z}"});
}

TEST_CASE("refuses what nginx would not read") {
  for (const char* text : {"a", "a {", "}", "a \"b;", ";", "{ }", "a b }", "a {b}"}) {
    CAPTURE(text);
    CHECK(code_of([&] { static_cast<void>(read_nginx(text)); }) == Errc::malformed);
  }
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "a {";
  CHECK(code_of([&] { static_cast<void>(read_nginx(deep)); }) == Errc::malformed);
}

TEST_CASE("reads lines of HAProxy with its quotes") {
  const auto read = read_haproxy(
      "# c\n\nglobal # d\n bind :443 ssl crt '/a b'\\''c' ca-file \"x\\\"y\\z\" a\\ b '' #e\n");
  REQUIRE(read.size() == 2);
  CHECK(read[0].words == Words{"global"});
  CHECK(read[1].words ==
        Words{"bind", ":443", "ssl", "crt", "/a b'c", "ca-file", "x\"y\\z", "a b", ""});
  CHECK(read[1].line == 4);
  CHECK(code_of([] { static_cast<void>(read_haproxy("a 'b")); }) == Errc::malformed);
  // Escapes as in C.
  CHECK(read_haproxy("b\\x69nd a\\tb").at(0).words == Words{"bind", "a\tb"});
  CHECK(code_of([] { static_cast<void>(read_haproxy("a\\x1")); }) == Errc::malformed);
}

TEST_CASE("a backslash means to each program what that program takes it for") {
  // nginx keeps one that does not precede a quote or another one, and so a dollar stays a dollar.
  CHECK(read_nginx("a b\\;c d\\ e;").at(0).words == Words{"a", "b\\;c", "d\\ e"});
  const auto block = read_nginx("a \\${b;}");
  CHECK(block.at(0).words == Words{"a", "\\$"});
  CHECK(block.at(0).block.at(0).words == Words{"b"});
  // HAProxy drops it in weak quotes too, and before a dollar only there.
  CHECK(read_haproxy("\"a\\ b\" \"c\\'d\" \"e\\#f\" \"g\\$h\" i\\$j").at(0).words ==
        Words{"a b", "c'd", "e#f", "g$h", "i\\$j"});
}

TEST_CASE("lines and words end for each program where that program ends them") {
  // HAProxy reads nothing behind a carriage return, and separates words as isspace() does.
  const auto read = read_haproxy("bind :443 ssl\r verify required\r\n\fbind\v:444\n");
  REQUIRE(read.size() == 2);
  CHECK(read[0].words == Words{"bind", ":443", "ssl"});
  CHECK(read[1].words == Words{"bind", ":444"});
  CHECK(read_nginx("a\fb c;").at(0).words == Words{"a\fb", "c"});
  using namespace std::string_view_literals;
  CHECK(code_of([] { static_cast<void>(read_haproxy("a\0b"sv)); }) == Errc::malformed);
  CHECK(code_of([] { static_cast<void>(read_nginx("a\0;"sv)); }) == Errc::malformed);
}

TEST_CASE("a block of Lua is skipped") {
  const auto read = read_nginx("a_by_lua_block { local t = {x = 'y'}; z() } b;");
  REQUIRE(read.size() == 2);
  CHECK(read[0].block.empty());
  CHECK(read[1].words == Words{"b"});
  CHECK(code_of([] { static_cast<void>(read_nginx("a_by_lua_block { {")); }) == Errc::malformed);
}

TEST_CASE("the ports of an address") {
  for (const char* one :
       {"443", "127.0.0.1:443", "[::]:443", "*:443", "[::1]:440-443", "443-443"}) {
    CAPTURE(one);
    CHECK(has_port(one, 443));
  }
  for (const char* none : {"", "localhost", "unix:/x", "[::1]", "a:b", "444-450", "440-442", "443-",
                           "-443", "443-x", "65536-70000"}) {
    CAPTURE(none);
    CHECK_FALSE(has_port(none, 443));
  }
}
