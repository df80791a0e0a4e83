// Commands that a message prints for a person to run as they are.
#pragma once

#include "cmd/ca_options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mtls::cmd {

/// Returns `text` as one word of a shell: bare where that is safe, else in single quotes; with
/// characters that cannot be shown, in the quotes $'…' of bash, zsh and ksh. Safe to show.
[[nodiscard]] std::string shell_word(std::string_view text);

/// Returns words as a command line.
[[nodiscard]] std::string command_line(const std::vector<std::string>& words);
/// The same with the --ca and --store that were given: a command that meets the same CA.
[[nodiscard]] std::string command_line(std::vector<std::string> words, const CaOptions& ca);

/// Ends a command with those that follow: on a terminal alone, after its result, not with --json or
/// --quiet.
void tell_next(const std::vector<std::string>& commands, const Session& session);

}  // namespace mtls::cmd
