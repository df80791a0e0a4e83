#include "cmd/option_walk.hpp"

#include "cmd/command.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace mtls;

namespace {

/// Calls `check` for every command that does something, hidden ones too.
template <class Check>
void for_each_leaf(const cmd::CommandDoc& command, const Check& check) {
  if (command.commands.empty()) check(command);
  for (const cmd::CommandDoc& sub : command.commands) for_each_leaf(sub, check);
}

}  // namespace

TEST_CASE("no option is greedy: each takes one value, however often it stands beside positionals") {
  for_each_leaf(cmd::describe_program(), [](const cmd::CommandDoc& command) {
    for (const cmd::OptionDoc& option : command.options) {
      CHECK_MESSAGE(!option.greedy, command.full_name() << " " << option.names.front());
    }
  });
}

TEST_CASE("every command of the table is in the tree, with a summary without a full stop") {
  const cmd::CommandDoc program = cmd::describe_program();
  std::set<std::string> found;
  for_each_leaf(program, [&found](const cmd::CommandDoc& command) {
    found.insert(command.words);
    CHECK_FALSE(command.summary.empty());
    CHECK(command.summary.back() != '.');
    CHECK_MESSAGE(std::count(command.words.begin(), command.words.end(), ' ') <= 1, command.words);
  });
  for (const cmd::CommandEntry& entry : cmd::command_table()) {
    CHECK_MESSAGE(found.count(std::string(entry.words)) == 1, entry.words);
  }
  CHECK(found.size() == cmd::command_table().size());
}

TEST_CASE("every command has a worked example") {
  for (const cmd::CommandDoc& leaf : cmd::leaves(cmd::describe_program())) {
    CHECK_MESSAGE(leaf.example.rfind("$ mtlsctl", 0) == 0, leaf.full_name());
  }
}

TEST_CASE("every command has the common options, and every option a help text") {
  for_each_leaf(cmd::describe_program(), [](const cmd::CommandDoc& command) {
    std::set<std::string> names;
    for (const cmd::OptionDoc& option : command.options) {
      names.insert(option.names.begin(), option.names.end());
      CHECK_MESSAGE(!option.help.empty(), command.full_name() << " " << option.names.front());
      CHECK(option.help.back() != '.');
    }
    for (const char* common : {"--json", "--quiet", "-q", "--verbose", "-v", "--no-input",
                               "--trace", "--actor", "--help", "-h"}) {
      CHECK_MESSAGE(names.count(common) == 1, command.full_name() << " " << common);
    }
  });
}

TEST_CASE("short flags are few, and mean the same everywhere") {
  const std::set<std::string> allowed{"-o", "-f", "-q", "-v", "-h"};
  for_each_leaf(cmd::describe_program(), [&allowed](const cmd::CommandDoc& command) {
    for (const cmd::OptionDoc& option : command.options) {
      for (const std::string& name : option.names) {
        if (name[1] != '-') CHECK_MESSAGE(allowed.count(name) == 1, command.full_name() << name);
      }
    }
  });
}

TEST_CASE("no flag takes a secret itself") {
  for_each_leaf(cmd::describe_program(), [](const cmd::CommandDoc& command) {
    for (const cmd::OptionDoc& option : command.options) {
      const std::string& name = option.names.front();
      if (name.find("pass") == std::string::npos) continue;
      CHECK_MESSAGE(option.placeholder == "file:PATH|env:NAME|fd:N|prompt", command.full_name()
                                                                                << " " << name);
    }
  });
}

TEST_CASE("a placeholder says what can be completed") {
  const auto doc = [](std::string placeholder) {
    cmd::OptionDoc option;
    option.placeholder = std::move(placeholder);
    return option;
  };
  CHECK(doc("FILE").completion() == cmd::Completion::file);
  CHECK(doc("DIR").completion() == cmd::Completion::directory);
  CHECK(doc("N").completion() == cmd::Completion::nothing);
  CHECK(doc("client|any").words() == std::vector<std::string>{"client", "any"});
  CHECK(doc("rsa:2048|ec:p256").words() == std::vector<std::string>{"rsa:2048", "ec:p256"});
  CHECK(doc("file:PATH|prompt").words() == std::vector<std::string>{"file:", "prompt"});
}

TEST_CASE("an unknown command is named with the nearest one") {
  const auto error = test::thrown_by([] { static_cast<void>(cmd::describe("ca shwo")); });
  REQUIRE(error);
  CHECK(error->code() == Errc::usage);
  CHECK(error->hint() == "did you mean mtlsctl ca show?");
}
