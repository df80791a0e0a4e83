#include "render/yaml_document.hpp"

#include "support/thrown.hpp"

#include <doctest/doctest.h>

using mtls::Errc;
using mtls::render::read_yaml;
using mtls::test::code_of;

namespace {
std::optional<Errc> refusal(const std::string& text) {
  return code_of([&] { static_cast<void>(read_yaml(text)); });
}
}  // namespace

TEST_CASE("reads documents and the objects of a List") {
  const auto read = read_yaml(
      "kind: A\nmetadata: {name: x}\n---\nkind: List\nitems:\n- kind: B\n  metadata: {name: y}\n"
      "  spec: {a: {b: 1}}\n");
  REQUIRE(read.size() == 2);
  CHECK(read[0].text_at("metadata.name") == "x");
  CHECK(read[1].text_at("spec.a.b") == "1");
  CHECK_FALSE(read[1].text_at("spec.a"));
  CHECK(read[1].at("spec.c.d") == nullptr);
}

TEST_CASE("refuses what has no one meaning") {
  CHECK(refusal("a: [") == Errc::malformed);
  CHECK(refusal("a: 1\na: 2\n") == Errc::malformed);
  CHECK(refusal("? [a]\n: 1\n") == Errc::malformed);
  CHECK(refusal("a: *b\n") == Errc::malformed);
}

TEST_CASE("does bounded work on hostile documents") {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k > 0 ? "," : "") + last;
    bomb += "]\n";
  }
  CHECK(refusal(bomb) == Errc::malformed);
  CHECK(refusal(std::string(100, '[') + std::string(100, ']')) == Errc::malformed);
  CHECK(refusal(std::string(500'000, '[')) == Errc::malformed);
}
