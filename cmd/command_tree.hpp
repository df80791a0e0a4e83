// All commands as one CLI::App tree: what is parsed, and what completions, man pages and docs are
// made of.
#pragma once

#include "cmd/command.hpp"
#include "cmd/common_options.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::cmd {

struct CaOptions;

/// The tree, or (for a fast start) just the branch of one command.
class CommandTree final {
 public:
  /// `only`: the words of one command ("ca show"); empty for all. `common` is bound to the common
  /// options and must outlive the tree.
  CommandTree(CommonOptions& common, std::string_view only);
  CommandTree(const CommandTree&) = delete;
  CommandTree& operator=(const CommandTree&) = delete;
  ~CommandTree();

  [[nodiscard]] CLI::App& root() noexcept { return *m_root; }

  /// What parsing came to.
  struct Parsed {
    enum class Wanted {
      run,
      help,     ///< --help
      command,  ///< the line ends before a command: what there is should be shown
    };
    Wanted wanted;
    /// The command; null unless it is to be run.
    const Command* command;
    /// Its words, or those of the noun that help was asked for; empty for the program's.
    std::string words;
  };
  /// Parses `arguments` (without the program's name). Throws usage, or what a value's parser
  /// threw; failing_words() then says in which command.
  [[nodiscard]] Parsed parse(const std::vector<std::string>& arguments);
  /// The words of the command that was met last while parsing.
  [[nodiscard]] std::string failing_words() const;

 private:
  void add_leading(CLI::App& app, CommonOptions& common);
  /// `arguments` in the parser's order, the last first. Throws usage.
  [[nodiscard]] std::vector<std::string> reversed(const std::vector<std::string>& arguments);
  void add(const CommandEntry& entry, CommonOptions& common);
  [[nodiscard]] CLI::App& noun(std::string_view word, CommonOptions& common);

  struct Leaf {
    std::string words;
    CLI::App* app;
    std::unique_ptr<Command> command;
  };
  std::unique_ptr<CLI::App> m_root;
  std::unique_ptr<CaOptions> m_location;  // what --ca and --store of nouns are parsed into
  std::string m_found;                    // the words of the command that the line names
  std::vector<Leaf> m_leaves;
};

}  // namespace mtls::cmd
