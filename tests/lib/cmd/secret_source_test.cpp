#include "cmd/secret_source.hpp"

#include <doctest/doctest.h>

using namespace mtls;
using cmd::SecretSource;

TEST_CASE("a secret's source is read in its four forms") {
  const auto file = SecretSource::parse("file:a b:c");
  REQUIRE(file);
  CHECK(file->kind() == SecretSource::Kind::file);
  CHECK(file->name() == "a b:c");
  const auto variable = SecretSource::parse("env:NAME");
  REQUIRE(variable);
  CHECK(variable->kind() == SecretSource::Kind::environment);
  CHECK(variable->name() == "NAME");
  const auto descriptor = SecretSource::parse("fd:12");
  REQUIRE(descriptor);
  CHECK(descriptor->kind() == SecretSource::Kind::descriptor);
  CHECK(descriptor->descriptor() == 12);
  const auto prompt = SecretSource::parse("prompt");
  REQUIRE(prompt);
  CHECK(prompt->kind() == SecretSource::Kind::prompt);
}

TEST_CASE("what is none of the four forms is nothing, the secret itself above all") {
  for (const char* text : {"", "hunter2", "pass:hunter2", "file:", "env:", "fd:", "fd:-1", "fd:1x",
                           "fd:99999999999", "env:A=B", "prompt:", "PROMPT", "stdin"}) {
    CHECK_MESSAGE(!SecretSource::parse(text), text);
  }
  CHECK_FALSE(SecretSource::parse(std::string("file:a\0b", 8)));
}
