// The tree of commands and options as plain data, read off the CLI::App tree: help, man pages,
// docs/cli.md and completions are all made of it, so that nothing is described twice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace mtls::cmd {

/// What a shell can complete as a value.
enum class Completion { nothing, file, directory, profile, words };

struct OptionDoc {
  std::vector<std::string> names;  // "--output", "-o"; of a positional its one name, "FILE"
  std::string placeholder;         // empty: a flag
  std::string help;
  std::string heading;
  bool required = false;
  bool repeatable = false;
  /// It would take words that are not its own: must never be so beside positionals.
  bool greedy = false;
  [[nodiscard]] Completion completion() const;
  /// The words that it takes; "file:" of "file:PATH".
  [[nodiscard]] std::vector<std::string> words() const;
};

struct CommandDoc {
  std::string words;    // "ca show"; empty for the program
  std::string summary;  // one line
  std::string description;
  std::string example;
  std::vector<OptionDoc> positionals;
  std::vector<OptionDoc> options;  // in the order of declaration, heading by heading
  std::vector<CommandDoc> commands;
  bool hidden = false;

  /// "mtlsctl ca show".
  [[nodiscard]] std::string full_name() const;
  /// The name of its manual page: "mtlsctl-ca-show".
  [[nodiscard]] std::string manual_page() const;
  /// "mtlsctl verify [OPTIONS] FILE...".
  [[nodiscard]] std::string usage() const;
  /// The last word.
  [[nodiscard]] std::string name() const;
  /// Its headings, in order.
  [[nodiscard]] std::vector<std::string> headings() const;
};

/// Returns what `app` and all below it say of themselves.
[[nodiscard]] CommandDoc walk(const CLI::App& app);
/// Returns the whole program.
[[nodiscard]] CommandDoc describe_program();
/// Returns one command or noun by its words; the program where they are empty. Throws usage for
/// words that name none.
[[nodiscard]] CommandDoc describe(std::string_view words);
/// All commands that do something (no nouns), hidden ones left out, in order.
[[nodiscard]] std::vector<CommandDoc> leaves(const CommandDoc& command);

}  // namespace mtls::cmd
