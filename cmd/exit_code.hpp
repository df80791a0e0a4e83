// What a run says to its caller: the exit codes of design, and which failure is which.
#pragma once

#include "base/error.hpp"

namespace mtls::cmd {

/// The exit codes. `mtlsctl help exit-codes` documents them; they never change within a major.
enum class ExitCode : int {
  ok = 0,
  no = 1,
  usage = 2,
  time = 3,
  revocation = 4,
  refused = 5,
  bad_input = 6,
  surroundings = 7,
  internal = 70,
};

/// Returns the exit code that a failure of kind `code` ends with.
[[nodiscard]] ExitCode exit_code(Errc code) noexcept;

/// Returns the one of the two that stands first in 70, 2, 7, 6, 5, 1, 4, 3, 0: the code of a run
/// over several inputs or with several causes.
[[nodiscard]] ExitCode combine(ExitCode left, ExitCode right) noexcept;

}  // namespace mtls::cmd
