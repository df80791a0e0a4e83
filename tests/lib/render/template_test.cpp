#include "render/template.hpp"

#include "render/builtin.hpp"
#include "render/target.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

using mtls::Errc;
using mtls::render::Dialect;
using mtls::render::Values;
using mtls::test::code_of;

namespace {

std::string fill(std::string_view text, const Values& values) {
  return mtls::render::fill("test", text, values, Dialect::yaml);
}

std::optional<Errc> refusal(std::string_view text, const Values& values) {
  return code_of([&] { static_cast<void>(fill(text, values)); });
}

std::vector<Values> items(std::initializer_list<const char*> texts) {
  std::vector<Values> list;
  for (const char* one : texts) list.push_back(Values().text("x", one));
  return list;
}

}  // namespace

TEST_CASE("a value stands as its kind says") {
  Values values;
  values.text("text", "a \"b\"").word("word", "443").comment("comment", "# \"x\" <&>");
  CHECK(fill("{{text}} {{word}} {{comment}}", values) == R"("a \"b\"" 443 # "x" <&>)");
}

TEST_CASE("what is filled in is not a template again") {
  CHECK(fill("{{a}} {{b}}", Values().text("a", "{{b}}").text("b", "{{a}}")) ==
        "\"{{b}}\" \"{{a}}\"");
}

TEST_CASE("sections are lists, and an optional part is one of none or one") {
  CHECK(fill("{{#l}}{{x}},{{/l}}", Values().list("l", items({"a", "b"}))) == "\"a\",\"b\",");
  const auto maybe = [](std::optional<Values> item) {
    return Values().maybe("m", std::move(item));
  };
  CHECK(fill("{{#m}}{{x}}{{/m}}{{^m}}none{{/m}}", maybe(std::nullopt)) == "none");
  CHECK(fill("{{#m}}{{x}}{{/m}}{{^m}}none{{/m}}", maybe(Values().text("x", "a"))) == "\"a\"");
}

TEST_CASE("the value of an outer section is seen from within") {
  Values values;
  values.text("outer", "o").list("l", items({"a"}));
  CHECK(fill("{{#l}}{{outer}}{{x}}{{/l}}", values) == "\"o\"\"a\"");
}

TEST_CASE("lines of sections leave no empty line") {
  const std::string_view text = "a\n{{#l}}\n- {{x}}\n{{/l}}\nb\n";
  CHECK(fill(text, Values().list("l", items({"1", "2"}))) == "a\n- \"1\"\n- \"2\"\nb\n");
  CHECK(fill(text, Values().list("l", {})) == "a\nb\n");
  CHECK(fill("a\n{{#l}}\n{{x}}\n{{/l}}", Values().list("l", {})) == "a\n");
}

TEST_CASE("a value that is missing is an internal error, never an empty text") {
  CHECK(refusal("{{a}}", Values()) == Errc::internal);
  CHECK(refusal("{{#l}}{{y}}{{/l}}", Values().list("l", items({"a"}))) == Errc::internal);
  CHECK(refusal("{{^l}}{{y}}{{/l}}", Values().list("l", {})) == Errc::internal);
  // Neither is a value of one item seen in another.
  std::vector<Values> uneven = items({"a"});
  uneven.push_back(Values().text("y", "b"));
  CHECK(refusal("{{#l}}{{x}}{{y}}{{/l}}", Values().list("l", std::move(uneven))) == Errc::internal);
}

TEST_CASE("a value that no tag uses is an internal error") {
  CHECK(refusal("x", Values().text("a", "1")) == Errc::internal);
  CHECK(refusal("{{#l}}{{/l}}", Values().list("l", items({"a"}))) == Errc::internal);
}

TEST_CASE("a value of another kind is an internal error") {
  CHECK(refusal("{{l}}", Values().list("l", {})) == Errc::internal);
  CHECK(refusal("{{#a}}{{/a}}", Values().text("a", "1")) == Errc::internal);
}

TEST_CASE("forms that would escape the quoting are banned") {
  const Values a = Values().text("a", "1");
  for (const std::string_view text :
       {"{{{a}}}", "{{&a}}", "{{& a}}", "{{>a}}", "{{=<% %>=}}<%a%>", "{{! a}}{{a}}", "{{ a }}",
        "{{}}", "{{a", "{{a}}{{/a}}", "{{#a}}", "{{#a}}{{/b}}", "{{a.b}}"}) {
    CAPTURE(text);
    CHECK(refusal(text, a) == Errc::internal);
  }
}

TEST_CASE("a word holds nothing that could mean something") {
  for (const char* text :
       {"", "a\nb", "a\"b", "a'b", "#", "a;b", "{", "$x", " a", "a ", "\xc3\xa9"}) {
    CAPTURE(text);
    CHECK(code_of([&] { Values().word("w", text); }) == Errc::internal);
  }
  CHECK(code_of([] { Values().text("a", "1").text("a", "2"); }) == Errc::internal);
}

TEST_CASE("every target has a template, and every template its target") {
  CHECK(mtls::render::builtin_templates().size() == mtls::render::targets().size());
  for (const mtls::render::BuiltinTemplate& one : mtls::render::builtin_templates()) {
    CAPTURE(one.name);
    CHECK(one.text.find("{{{") == std::string_view::npos);
    CHECK(one.text.find("{{&") == std::string_view::npos);
    CHECK(one.text.substr(one.text.size() - 14) == "#   {{probe}}\n");
  }
}
