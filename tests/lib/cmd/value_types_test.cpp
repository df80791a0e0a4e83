#include "cmd/value_types.hpp"

#include "base/time_text.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

using namespace mtls;
using namespace std::chrono_literals;

TEST_CASE("days are whole and at least one") {
  const auto type = cmd::days_value();
  CHECK(type.parse("3650") == 3650 * 86'400s);
  for (const char* text : {"0", "-1", "1.5", "", " 1", "1d", "99999999999999999999"}) {
    CHECK_MESSAGE(!type.parse(text), text);
  }
}

TEST_CASE("a wait may be nothing, and is a day at most") {
  const auto type = cmd::wait_value();
  CHECK(type.parse("0") == 0ms);
  CHECK(type.parse("0s") == 0ms);
  CHECK(type.parse("5m") == 300s);
  CHECK_FALSE(type.parse("25h"));
  CHECK_FALSE(type.parse("1"));
}

TEST_CASE("a number stays within its bounds") {
  const auto type = cmd::number_value(1, 10);
  CHECK(type.parse("10") == 10);
  for (const char* text : {"0", "11", "+1", "0x1", "1 ", "", "one"}) {
    CHECK_MESSAGE(!type.parse(text), text);
  }
}

TEST_CASE("a fingerprint is 32 octets in any usual spelling") {
  const auto type = cmd::fingerprint_value();
  const std::string plain(64, 'a');
  REQUIRE(type.parse(plain));
  CHECK(type.parse(plain)->front() == 0xaa);
  std::string colons = "AA";
  for (int i = 1; i < 32; ++i) colons += ":AA";
  CHECK(type.parse(colons) == type.parse(plain));
  CHECK_FALSE(type.parse(plain.substr(2)));
  CHECK_FALSE(type.parse(plain + "aa"));
  CHECK_FALSE(type.parse(std::string(64, 'g')));
}

TEST_CASE("a SAN without a kind is no SAN; one with a bad value is a bad name") {
  const auto type = cmd::san_value();
  CHECK(type.parse("dns:a.example")->to_text() == "dns:a.example");
  CHECK(type.parse("upn:a@b.example"));
  CHECK_FALSE(type.parse("a.example"));
  CHECK_FALSE(type.parse("dsn:a.example"));
  CHECK_FALSE(type.parse("https://a.example"));
  CHECK(test::code_of([&type] { static_cast<void>(type.parse("dns:a..b")); }) == Errc::bad_name);
  CHECK(test::code_of([&type] { static_cast<void>(type.parse("ip:1.2.3")); }) == Errc::bad_name);
}

TEST_CASE("a constraint takes domains and networks") {
  const auto type = cmd::constraint_value();
  CHECK(type.parse("ip:10.0.0.0/8")->to_text() == "ip:10.0.0.0/8");
  CHECK_FALSE(type.parse("10.0.0.0/8"));
}

TEST_CASE("a word is one of those listed, and the list is the placeholder") {
  const auto type = cmd::word_value<int>({{"one", 1}, {"two", 2}});
  CHECK(type.placeholder == "one|two");
  CHECK(type.parse("two") == 2);
  CHECK_FALSE(type.parse("Two"));
  CHECK_FALSE(type.parse(""));
}

TEST_CASE("times are instants or dates") {
  const auto type = cmd::time_value();
  CHECK(type.parse("2026-01-31T23:59:59Z") == parse_rfc3339("2026-01-31T23:59:59Z"));
  CHECK(type.parse("2026-01-31") == parse_rfc3339("2026-01-31T00:00:00Z"));
  CHECK_FALSE(type.parse("tomorrow"));
}

TEST_CASE("a name needs an attribute") {
  const auto type = cmd::subject_value();
  CHECK(type.parse("/C=cn/CN=root")->to_text() == "CN=root,C=cn");
  CHECK_FALSE(type.parse("root"));
}
