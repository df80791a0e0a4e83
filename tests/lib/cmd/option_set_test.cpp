#include "cmd/option_set.hpp"

#include "cmd/command_line.hpp"
#include "cmd/command_tree.hpp"
#include "cmd/value_types.hpp"
#include "support/thrown.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

using namespace mtls;

namespace {

/// A command line of its own: one of each kind of option.
struct Line {
  CLI::App app;
  bool flag = false;
  std::optional<std::int64_t> number;
  std::vector<std::string> words;
  std::vector<std::string> rest;

  Line() {
    cmd::OptionSet set(app, "Options");
    set.flag("--flag", flag, "A flag");
    set.value("-n,--number", number, cmd::number_value(1, 9), "A number");
    set.list("--word", words, cmd::text_value("WORD"), "Words");
    set.optional_positionals("REST", rest, cmd::text_value("REST"), "The rest");
  }
  void parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
  }
};

}  // namespace

TEST_CASE("a repeated option takes one value each time and leaves positionals alone") {
  Line line;
  line.parse({"--word", "a", "x", "--word", "b", "y", "--flag", "z"});
  CHECK(line.words == std::vector<std::string>{"a", "b"});
  CHECK(line.rest == std::vector<std::string>{"x", "y", "z"});
  CHECK(line.flag);
}

TEST_CASE("values are typed, in either spelling") {
  Line line;
  line.parse({"--number=7"});
  CHECK(line.number == 7);
  Line other;
  other.parse({"-n", "3"});
  CHECK(other.number == 3);
}

TEST_CASE("what stands behind -- is no option") {
  Line line;
  line.parse({"--", "--flag", "-"});
  CHECK(line.rest == std::vector<std::string>{"--flag", "-"});
  CHECK_FALSE(line.flag);
}

TEST_CASE("a bad value is a usage error that names flag and value") {
  Line line;
  const auto error = test::thrown_by([&line] { line.parse({"-n", "10"}); });
  REQUIRE(error);
  CHECK(error->code() == Errc::usage);
  CHECK(error->message() == "--number '10': not a valid value");
  CHECK(error->hint() == "give a whole number from 1 to 9");
}

TEST_CASE("a long bad value is cut, and an escape in it does not act") {
  Line line;
  const auto error = test::thrown_by([&line] {
    line.parse({"-n", "\x1b[2J" + std::string(1000, 'x')});
  });
  REQUIRE(error);
  CHECK(error->message().find('\x1b') == std::string::npos);
  CHECK(error->message().size() < 150);
}

TEST_CASE("the command is found by its words, however long the line, behind leading options") {
  const auto find = [](const std::vector<std::string>& arguments) {
    return std::string(cmd::read_command_line(arguments).words);
  };
  CHECK(find({"ca", "show", "--json"}) == "ca show");
  CHECK(find({"verify", "ca", "show"}) == "verify");
  CHECK(find({"--json", "verify"}) == "verify");
  CHECK(find({"--ca", "verify", "-qv", "cert", "--store=x", "list"}) == "cert list");
  CHECK(find({"--json", "--version"}) == "version");
  CHECK(find({"--purpose", "verify"}).empty());
  CHECK(find({"--help", "verify"}).empty());
  CHECK(find({"--", "verify"}).empty());
  CHECK(find({"verify"}) == "verify");
  CHECK(find({"ca"}).empty());
  CHECK(find({"--ca"}).empty());
  CHECK(find({}).empty());
}

TEST_CASE("a command parses the same alone and in the whole tree") {
  for (const char* const only : {"verify", ""}) {
    cmd::CommonOptions common;
    cmd::CommandTree tree(common, only);
    const auto parsed = tree.parse({"verify", "--json", "a.crt", "--trust", "b.crt", "inspect"});
    CHECK(parsed.words == "verify");
    CHECK(parsed.command != nullptr);
    CHECK(common.json);
  }
}
