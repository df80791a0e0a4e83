// What a run tells a person on standard error: errors with their hints, warnings, notes.
#pragma once

#include "base/error.hpp"
#include "cmd/output.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mtls::cmd {

enum class Verbosity { quiet, normal, verbose };

/// Writes messages as "mtlsctl: KIND: TEXT", a line each, at once. The texts are safe to show
/// already. That standard error cannot be written is nobody's failure.
class Messages final {
 public:
  explicit Messages(Output& out) : m_out(out) {}
  void set_verbosity(Verbosity verbosity) noexcept { m_verbosity = verbosity; }

  /// The message, its hint, and (verbose) the details of the layer below.
  void error(const Error& error) noexcept;
  /// Something that did not stop the work; not shown when quiet.
  void warning(std::string_view text, std::string_view hint = {}) noexcept;
  /// Something good to know; not shown when quiet.
  void note(std::string_view text) noexcept;
  /// Writes commands that follow, one "mtlsctl: next: COMMAND" line each, as they are: they are
  /// safe to show (cmd/next_command.hpp). Only to a terminal, and not when quiet.
  void next(const std::vector<std::string>& commands) noexcept;
  /// A help text, as it is.
  void help(std::string_view text) noexcept;

 private:
  void line(std::string_view kind, std::string_view text) noexcept;
  /// The same for a text that is safe to show.
  void write(std::string_view kind, std::string_view text) noexcept;
  void write(std::string_view text) noexcept;
  Output& m_out;
  Verbosity m_verbosity = Verbosity::normal;
};

}  // namespace mtls::cmd
