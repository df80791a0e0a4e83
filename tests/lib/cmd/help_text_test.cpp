#include "cmd/help_text.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mtls;

namespace {

/// The longest line of `text`, in octets.
std::size_t widest(std::string_view text) {
  std::size_t most = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    most = std::max(most, end - at);
    at = end + 1;
  }
  return most;
}

void check_width(const cmd::CommandDoc& command) {
  // An example shows what is typed, and a placeholder is never broken.
  cmd::CommandDoc without = command;
  without.example.clear();
  CHECK_MESSAGE(widest(cmd::help_text(without)) <= 80, command.full_name());
  for (const cmd::CommandDoc& sub : command.commands) check_width(sub);
}

}  // namespace

TEST_CASE("help fits into 80 columns") { check_width(cmd::describe_program()); }

TEST_CASE("wrapping breaks at spaces and indents what follows") {
  const std::string text = cmd::wrap("aaa " + std::string(76, 'b') + " c", 0, 2);
  CHECK(text == "aaa " + std::string(76, 'b') + "\n  c");
}

TEST_CASE("wrapping keeps paragraphs, and a word that is too long") {
  CHECK(cmd::wrap("one\n\ntwo", 0, 0) == "one\n\ntwo");
  CHECK(cmd::wrap(std::string(100, 'x') + " y", 0, 0) == std::string(100, 'x') + "\ny");
  CHECK(cmd::wrap("", 0, 0).empty());
}

TEST_CASE("a column that is begun already counts") {
  CHECK(cmd::wrap(std::string(50, 'a') + " b", 28, 28) == std::string(50, 'a') + " b");
  CHECK(cmd::wrap(std::string(50, 'a') + " bb", 28, 28) ==
        std::string(50, 'a') + "\n" + std::string(28, ' ') + "bb");
}
