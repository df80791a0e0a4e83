#include "base/toml_document.hpp"

#include "support/thrown.hpp"

#include <doctest/doctest.h>

namespace mtls {
namespace {

using test::code_of;
using test::thrown_by;

TomlDocument parse(std::string_view text) {
  return TomlDocument::parse(text, "p.toml", Errc::bad_profile);
}

/// True if `work` throws bad_profile at `place` ("2:8") of p.toml.
template <class Work>
bool fails_at(std::string_view place, Work&& work) {
  const auto error = thrown_by(work);
  if (!error || error->code() != Errc::bad_profile) return false;
  const std::string expected = "p.toml:" + std::string(place) + ": ";
  INFO(error->message());
  CHECK(error->message().substr(0, expected.size()) == expected);
  return true;
}

}  // namespace

TEST_CASE("reads each type that was asked for") {
  const auto document = parse(R"(
version = 1
name = "mtls-client"
critical = true
usages = ["digitalSignature", "keyAgreement"]
none = []
[subject]
required = ["CN"]
[[extension]]
oid = "1.2.3"
[[extension]]
oid = "1.2.4"
)");
  const TomlTable root = document.root();
  CHECK(root.integer("version", 1, 1) == 1);
  CHECK(root.string("name")->text == "mtls-client");
  CHECK(root.string("name")->place == "p.toml:3:8");
  CHECK(root.boolean("critical") == true);
  const auto usages = root.strings("usages");
  REQUIRE(usages);
  REQUIRE(usages->size() == 2);
  CHECK(usages->at(1).text == "keyAgreement");
  CHECK(usages->at(1).place == "p.toml:5:31");
  REQUIRE(root.strings("none"));
  CHECK(root.strings("none")->empty());
  const auto subject = root.table("subject");
  REQUIRE(subject);
  CHECK(subject->strings("required")->size() == 1);
  const auto extensions = root.tables("extension");
  REQUIRE(extensions.size() == 2);
  CHECK(extensions[1].string("oid")->text == "1.2.4");
  root.finish();
  subject->finish();
}

TEST_CASE("an absent key is nothing, of whatever type") {
  const auto document = parse("");
  const TomlTable root = document.root();
  CHECK_FALSE(root.has("x"));
  CHECK_FALSE(root.string("x"));
  CHECK_FALSE(root.integer("x", 0, 9));
  CHECK_FALSE(root.boolean("x"));
  CHECK_FALSE(root.strings("x"));
  CHECK_FALSE(root.table("x"));
  CHECK(root.tables("x").empty());
  root.finish();
}

TEST_CASE("a value of the wrong type is refused where it stands") {
  const auto document = parse(R"(a = 5
b = "text"
c = 1.0
d = ["x", 5]
e = [ { x = 1 }, 2 ]
f = 2026-01-01
)");
  const TomlTable root = document.root();
  CHECK(fails_at("1:5", [&] { return root.string("a"); }));
  CHECK(fails_at("1:5", [&] { return root.boolean("a"); }));
  CHECK(fails_at("1:5", [&] { return root.table("a"); }));
  CHECK(fails_at("2:5", [&] { return root.integer("b", 0, 9); }));
  CHECK(fails_at("2:5", [&] { return root.strings("b"); }));
  CHECK(fails_at("2:5", [&] { return root.tables("b"); }));
  CHECK(fails_at("3:5", [&] { return root.integer("c", 0, 9); }));
  CHECK(fails_at("4:11", [&] { return root.strings("d"); }));
  CHECK(fails_at("5:18", [&] { return root.tables("e"); }));
  CHECK(fails_at("6:5", [&] { return root.string("f"); }));
}

TEST_CASE("an integer may lie on its bounds and not beyond") {
  const auto document = parse("low = 1\nhigh = 10\nbelow = 0\nabove = 11\n");
  const TomlTable root = document.root();
  CHECK(root.integer("low", 1, 10) == 1);
  CHECK(root.integer("high", 1, 10) == 10);
  CHECK(fails_at("3:9", [&] { return root.integer("below", 1, 10); }));
  CHECK(fails_at("4:9", [&] { return root.integer("above", 1, 10); }));
}

TEST_CASE("a key that nobody asked for is refused, with the nearest known one as a hint") {
  const auto document = parse("validity = \"1y\"\n\nvaliditi_max = \"2y\"\n");
  const TomlTable root = document.root();
  CHECK(root.has("validity"));
  CHECK_FALSE(root.has("validity_max"));
  const auto error = thrown_by([&] { root.finish(); });
  REQUIRE(error);
  CHECK(error->code() == Errc::bad_profile);
  CHECK(error->message().find("p.toml:3:1: ") == 0);
  CHECK(error->hint().find("'validity_max'") != std::string::npos);
}

TEST_CASE("without a near key, all known ones are named") {
  const auto document = parse("zebra = 1\n");
  const TomlTable root = document.root();
  CHECK_FALSE(root.has("digest"));
  CHECK_FALSE(root.has("keys"));
  const auto error = thrown_by([&] { root.finish(); });
  REQUIRE(error);
  CHECK(error->hint() == "known here: digest, keys");
}

TEST_CASE("marks of what was read are shared by copies, and are per table") {
  const auto document = parse("a = 1\n[t]\na = 1\nb = 2\n");
  const TomlTable root = document.root();
  const TomlTable copy = root;  // NOLINT(performance-unnecessary-copy-initialization): the point
  CHECK(copy.has("a"));
  const auto table = root.table("t");
  REQUIRE(table);
  root.finish();
  CHECK(table->has("a"));
  const auto error = thrown_by([&] { table->finish(); });
  REQUIRE(error);
  CHECK(error->message().find("'t.b'") != std::string::npos);
}

TEST_CASE("keys come in the file's order and count as read") {
  const auto document = parse("[free]\nzeta = 1\nalpha = 2\nmid = 3\n");
  const auto table = document.root().table("free");
  REQUIRE(table);
  CHECK(table->keys() == std::vector<std::string>{"zeta", "alpha", "mid"});
  table->finish();
}

TEST_CASE("a complaint of the caller's own stands at the key's place") {
  const auto document = parse("\n  x = 1\n");
  const TomlTable root = document.root();
  CHECK(fails_at("2:7", [&] { root.fail(root.place("x"), "no"); }));
}

TEST_CASE("what is not TOML is refused with its place") {
  CHECK(fails_at("2:1", [] { return parse("a = 1\n= 2\n"); }));
  CHECK(code_of([] { parse("a = 1\na = 2\n"); }) == Errc::bad_profile);
  CHECK(code_of([] { parse("[t]\nx=1\n[t]\nx=1\n"); }) == Errc::bad_profile);
  CHECK(code_of([] { parse("a = \"\xff\"\n"); }) == Errc::bad_profile);
  CHECK(code_of([] { parse("a = \"unended"); }) == Errc::bad_profile);
  CHECK(code_of([] { parse("a = 99999999999999999999"); }) == Errc::bad_profile);
  CHECK(fails_at("2:1", [] { return parse(std::string_view("a = 1\nb\0 = 2", 12)); }));
}

TEST_CASE("a document of any nesting ends in an error, never in a crash") {
  CHECK(code_of([] { parse("a = " + std::string(100'000, '[')); }) == Errc::bad_profile);
  std::string tables = "a = ";
  for (int i = 0; i < 20'000; ++i) tables += "{a=";
  CHECK(code_of([&] { parse(tables); }) == Errc::bad_profile);
}

TEST_CASE("a key of endless parts is refused before it is parsed") {
  std::string parts;
  for (int i = 0; i < 100'000; ++i) parts += "a.";
  for (const std::string& text :
       {parts + "a = 1", "[" + parts + "a]", "[[" + parts + "a]]", "x = {" + parts + "a = 1}",
        "x = [\"\"\"quoted\"\"\"\", {" + parts + "a = 1}]", "x = ['', {" + parts + "a = 1}]"}) {
    CHECK(code_of([&] { parse(text); }) == Errc::bad_profile);
  }
}

TEST_CASE("dots in text and comments are no parts of keys") {
  const std::string dots(100, '.');
  CHECK(code_of([&] {
          parse("# " + dots + "\na = \"\\\"" + dots + "\" # " + dots + "\nb = '" + dots +
                "'\nc = \"\"\"\n" + dots + "\"\"\"\"\"\nd = '''" + dots + "'''\n");
        }) == std::nullopt);
}

TEST_CASE("the deepest document that is read does not overflow the stack") {
  std::string text;
  for (int i = 0; i < 120; ++i) text += "[\n{a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = ";
  std::string tail = "1";
  for (int i = 0; i < 120; ++i) tail += "}\n]";
  CHECK(code_of([&] { parse("x = " + text + tail); }) == std::nullopt);
}

TEST_CASE("a document over 1 MiB is too large") {
  CHECK(code_of([] { parse(std::string(1'048'577, '#')); }) == Errc::too_large);
  CHECK(code_of([] { parse(std::string(1'048'576, '#')); }) == std::nullopt);
}

TEST_CASE("the source's name cannot act on a terminal") {
  const auto error =
      thrown_by([] { return TomlDocument::parse("=", "\x1b[2J.toml", Errc::bad_config); });
  REQUIRE(error);
  CHECK(error->code() == Errc::bad_config);
  CHECK(error->message().find('\x1b') == std::string::npos);
}

}  // namespace mtls
