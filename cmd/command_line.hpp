// The words of a command line in the order that the parser takes them: common options, --ca and
// --store may be given before a command or between its words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace mtls::cmd {

/// An option given before or between the words of a command.
struct LeadingOption {
  std::string name;                  // "--ca", "-q"
  std::optional<std::string> value;  // nothing: a flag
};

/// A command line, divided.
struct CommandLine {
  std::string_view words;              // of the command ("ca show"); empty: there is none
  std::vector<LeadingOption> leading;  // empty where there is no command
  std::vector<std::string> rest;       // what follows the command's words
  std::string unknown;                 // what may not be given before a command, and was
};

/// Divides `arguments` (without the program's name). Without a command the parser says what is
/// wrong with them.
[[nodiscard]] CommandLine read_command_line(const std::vector<std::string>& arguments);

/// Returns what the parser of `app`, the command of `line`, is given: leading options first,
/// without those that are repeated with the same value. Throws usage for a leading option that the
/// command does not have, and for one that is given twice with different values.
[[nodiscard]] std::vector<std::string> arguments_of(const CommandLine& line, const CLI::App& app);

}  // namespace mtls::cmd
