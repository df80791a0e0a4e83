// A command, as it is added to the program.
//
// How to add one ("noun verb"):
//   1. cmd/noun_verb.cpp: a struct with its options and
//        void add_noun_verb(Command& command) {
//          auto options = std::make_shared<Options>();
//          OptionSet set = command.options();               // heading "Options"
//          set.value("--at", options->at, time_value(), "Judge at TIME instead of now");
//          options->ca.add_to(set);                         // shared groups: ca_options.hpp …
//          command.describe("One paragraph or more.");      // optional
//          command.example("$ mtlsctl noun verb …\n…");     // every command has a worked one
//          command.run([options](Session& session) { return run(*options, session); });
//        }
//      `run` gathers, calls one function of lib/, and renders what that returned: text to
//      session.out(), or with session.json() documents made by session.document() and printed by
//      session.print(). "Could not" is thrown (mtls::Error); "no" is the ExitCode returned.
//   2. Declare it in cmd/commands.hpp and name it, with its one-line summary, in cmd/commands.cpp.
//   3. List the file in cmd/CMakeLists.txt, its JSON fields in docs/json.md (with a run of it in
//      tests/cli/json_test.py), and run `mtlsctl docs .` in the source tree, which writes
//      docs/cli.md, docs/man/ and completions/ anew.
// Shared parts: value_types.hpp (typed values), secret_source.hpp (passphrases), prompt.hpp
// (questions), ca_options.hpp and profile_options.hpp (where the CA and its profiles are),
// actor.hpp (who is working), session.hpp (everything at run time).
#pragma once

#include "cmd/exit_code.hpp"
#include "cmd/option_set.hpp"
#include "cmd/session.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace mtls::cmd {

using Action = std::function<ExitCode(Session&)>;

/// One command while it is being declared: a thin view of its CLI::App.
class Command final {
 public:
  explicit Command(CLI::App& app) : m_app(&app) {}

  [[nodiscard]] OptionSet options(std::string heading = "Options") {
    return {*m_app, std::move(heading)};
  }
  /// What --help says below the summary; paragraphs are parted by an empty line.
  void describe(const std::string& text);
  /// The worked example of --help and the man page.
  void example(const std::string& text);
  /// What the command does once its options are parsed.
  void run(Action action) { m_action = std::move(action); }

  /// Says that openssl.cnf is not read for it: it shows what is there, and decides nothing.
  void without_openssl_configuration() { m_configuration = ossl::Configuration::none; }

  [[nodiscard]] const Action& action() const noexcept { return m_action; }
  [[nodiscard]] ossl::Configuration configuration() const noexcept { return m_configuration; }

 private:
  CLI::App* m_app;
  Action m_action;
  ossl::Configuration m_configuration = ossl::Configuration::openssl;
};

enum class Visibility { shown, hidden };

/// A row of the program's table of commands.
struct CommandEntry {
  std::string_view words;  // "ca init"
  std::string_view summary;
  void (*add)(Command&);
  Visibility visibility = Visibility::shown;
};

/// What the first word of two-word commands is about.
struct NounEntry {
  std::string_view word;
  std::string_view summary;
};

[[nodiscard]] std::span<const CommandEntry> command_table();
[[nodiscard]] std::span<const NounEntry> noun_table();

}  // namespace mtls::cmd
