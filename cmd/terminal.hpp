// Questions on a terminal: asked on standard error, answered on standard input.
#pragma once

#include "base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mtls::cmd {

/// Whether a person can be asked: standard input and standard error are both terminals.
[[nodiscard]] bool can_ask() noexcept;

enum class Echo { on, off };

/// Prints `question` and returns the line that is typed, without its end; nothing at the end of
/// input. With Echo::off it does not show while typed, and the terminal is put back however the
/// program is left: on SIGINT, SIGTERM, SIGHUP, SIGQUIT, and while it is stopped (SIGTSTP), after
/// which the question is asked again. Throws usage for a line of over 1,023 octets.
[[nodiscard]] std::optional<SecretBytes> ask_line(std::string_view question, Echo echo);

}  // namespace mtls::cmd
