#include "base/error.hpp"

#include "support/thrown.hpp"

#include <doctest/doctest.h>

#include <set>

namespace mtls {

TEST_CASE("every code has a snake_case word of its own") {
  std::set<std::string_view> words;
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
    const std::string_view word = name(static_cast<Errc>(code));
    CAPTURE(word);
    CHECK(words.insert(word).second);
    CHECK(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK_FALSE(word.empty());
  }
}

TEST_CASE("context goes in front, the outermost first") {
  Error error(Errc::malformed, "a length that runs past the end");
  error.add_context("malformed certificate").add_context("cannot read a.crt");
  CHECK(error.message() ==
        "cannot read a.crt: malformed certificate: a length that runs past the end");
  CHECK(std::string_view(error.what()) == error.message());
  CHECK(error.code() == Errc::malformed);
}

TEST_CASE("the hint nearest to the cause stays") {
  Error error(Errc::io, "x");
  CHECK(error.hint().empty());
  error.set_hint("first").set_hint("second");
  CHECK(error.hint() == "first");
  CHECK(Error(Errc::io, "x", "given").set_hint("later").hint() == "given");
}

TEST_CASE("with_context names what was being done, and passes values and references through") {
  int value = 4;
  int& same = with_context("unused", [&]() -> int& { return value; });
  CHECK(&same == &value);

  const auto error = test::thrown_by([] {
    with_context("outer", [] {
      with_context("inner", [] { throw Error(Errc::permission, "denied", "try sudo"); });
    });
  });
  REQUIRE(error);
  CHECK(error->message() == "outer: inner: denied");
  CHECK(error->code() == Errc::permission);
  CHECK(error->hint() == "try sudo");
}

TEST_CASE("details are kept apart from the message") {
  Error error(Errc::internal, "libcrypto failed");
  error.add_details({"first", "second"});
  CHECK(error.details() == std::vector<std::string>{"first", "second"});
  CHECK(error.message() == "libcrypto failed");
}

}  // namespace mtls
