#include "profile/glob.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <chrono>

using mtls::profile::Glob;

namespace {

bool matches(std::string_view pattern, std::string_view value, std::string_view separators = ".") {
  const auto glob = Glob::parse(pattern, separators);
  REQUIRE(glob);
  return glob->matches(value);
}

/// The definition, word for word and exponential: the oracle for short inputs.
bool by_definition(std::string_view pattern, std::string_view value) {
  if (pattern.empty()) return value.empty();
  if (pattern.front() != '*') {
    return !value.empty() && value.front() == pattern.front() &&
           by_definition(pattern.substr(1), value.substr(1));
  }
  const bool any = pattern.substr(0, 2) == "**";
  for (std::size_t taken = 1; taken <= value.size(); ++taken) {
    if (!any && value[taken - 1] == '.') return false;
    if (by_definition(pattern.substr(any ? 2 : 1), value.substr(taken))) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a pattern without stars matches itself and nothing else") {
  CHECK(matches("a.example", "a.example"));
  CHECK_FALSE(matches("a.example", "b.example"));
  CHECK_FALSE(matches("a.example", "a.example."));
  CHECK_FALSE(matches("a.example", "xa.example"));
  CHECK_FALSE(matches("a.example", ""));
}

TEST_CASE("a dot in a pattern is a dot") { CHECK_FALSE(matches("a.example", "axexample")); }

TEST_CASE("one star stays between separators") {
  CHECK(matches("*.example", "a.example"));
  CHECK(matches("a-*-z.example", "a-b-z.example"));
  CHECK_FALSE(matches("*.example", "a.b.example"));
}

TEST_CASE("two stars cross separators") {
  CHECK(matches("**.example", "a.example"));
  CHECK(matches("**.example", "a.b.example"));
  CHECK_FALSE(matches("**.example", "a.b.example.org"));
}

TEST_CASE("a star stands for at least one octet") {
  CHECK(matches("web*", "web1"));
  CHECK_FALSE(matches("web*", "web"));
  CHECK_FALSE(matches("**.example", ".example"));
  CHECK_FALSE(matches("*", ""));
}

TEST_CASE("a star that could end early or late finds the way") {
  CHECK(matches("*ab*ab", "xabab-yab"));
  CHECK(matches("**.b.**", "a.b.b.c"));
}

TEST_CASE("NUL and octets beyond ASCII are octets like others") {
  CHECK(matches("*", std::string_view("a\0b", 3)));
  CHECK(matches("*@x", "\xc3\xbc@x", "@"));
  CHECK_FALSE(matches("a", std::string_view("a\0", 2)));
}

TEST_CASE("three stars, spaces, control and non-ASCII octets are no pattern") {
  for (const char* pattern : {"", "***", "a****", "a b", "a\tb", "\xc3\xbc", "a\x7f"}) {
    CHECK_FALSE(Glob::parse(pattern, "."));
  }
}

TEST_CASE("a pattern may have 1,000 octets and no more") {
  CHECK(Glob::parse(std::string(1000, 'a'), "."));
  CHECK_FALSE(Glob::parse(std::string(1001, 'a'), "."));
}

TEST_CASE("a value may have 2,048 octets and no more") {
  CHECK(matches("**", std::string(2048, 'a')));
  CHECK_FALSE(matches("**", std::string(2049, 'a')));
}

TEST_CASE("the worst pattern for a search with a way back ends at once") {
  std::string pattern;
  for (int i = 0; i < 333; ++i) pattern += "*a";
  pattern += "b";
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(matches(pattern, std::string(2048, 'a')));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
}

TEST_CASE("matching agrees with its definition") {
  const bool agreed = rc::check("short patterns and values over three letters", [] {
    const auto pattern = *rc::gen::resize(
        8, rc::gen::container<std::string>(rc::gen::elementOf(std::string("a.*"))));
    const auto value = *rc::gen::resize(
        10, rc::gen::container<std::string>(rc::gen::elementOf(std::string("a.*"))));
    const auto glob = Glob::parse(pattern, ".");
    RC_PRE(glob.has_value());
    RC_ASSERT(glob->matches(value) == by_definition(pattern, value));
  });
  CHECK(agreed);
}
