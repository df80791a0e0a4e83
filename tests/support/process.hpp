// Other programs, as oracles: run without a shell, bounded in time.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace mtls::test {

/// What to run. The program is looked up in PATH; nothing passes through a shell.
struct Command {
  std::vector<std::string> arguments;  // the program first
  std::string input = {};              // all of its standard input
  /// Set on top of the environment of the test itself.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::filesystem::path directory = {};  // where it runs; empty: where the test runs
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

/// What came of it.
struct Outcome {
  int exit = -1;           // its exit status; -1 where a signal ended it
  int signal = 0;          // that signal; 0 where it exited
  bool timed_out = false;  // it was killed (SIGKILL to its process group) at the timeout
  std::string out;
  std::string err;

  [[nodiscard]] bool ok() const noexcept { return exit == 0; }
  /// Exit, output and error text in one, for a failing assertion.
  [[nodiscard]] std::string shown() const;
};

/// Runs `command` in a process group of its own and waits for its end. Throws std::system_error
/// where it cannot be started (the program is missing).
[[nodiscard]] Outcome run(const Command& command);

/// The same for arguments alone.
[[nodiscard]] Outcome run(std::vector<std::string> arguments);

}  // namespace mtls::test
