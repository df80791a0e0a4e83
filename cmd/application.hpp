// One run of the program.
#pragma once

#include "base/clock.hpp"
#include "cmd/common_options.hpp"
#include "cmd/exit_code.hpp"
#include "cmd/output.hpp"

#include <string>
#include <vector>

namespace mtls::cmd {

class Command;
class Session;

/// Parses the command line, runs the command, and reports what failed. Used once.
class Application final {
 public:
  /// `arguments` without the program's name.
  Application(std::vector<std::string> arguments, Output& out, Output& err, const Clock& clock);

  /// Runs the command and writes its result out. Throws whatever stopped it.
  [[nodiscard]] ExitCode run();
  /// Tells of the failure that `run` threw, on standard error and (--json) on standard output;
  /// returns the exit code of it.
  ExitCode report(const Error& error) noexcept;

 private:
  [[nodiscard]] ExitCode dispatch();
  [[nodiscard]] ExitCode run_traced(const Command& command, Session& session) const;
  [[noreturn]] void fail_without_command();
  [[nodiscard]] std::string schema() const;

  std::vector<std::string> m_arguments;
  Output& m_out;
  Messages m_messages;
  const Clock& m_clock;
  CommonOptions m_common;
  std::string m_words;  // of the command, as far as it is known
};

}  // namespace mtls::cmd
