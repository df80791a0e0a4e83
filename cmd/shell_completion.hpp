// Completion scripts, made of the tree of commands.
#pragma once

#include "cmd/option_walk.hpp"

#include <string>

namespace mtls::cmd {

enum class Shell { bash, zsh, fish };

[[nodiscard]] std::string completion_script(Shell shell, const CommandDoc& program);

// One each, in a file of its own.
[[nodiscard]] std::string bash_completion(const CommandDoc& program);
[[nodiscard]] std::string zsh_completion(const CommandDoc& program);
[[nodiscard]] std::string fish_completion(const CommandDoc& program);

}  // namespace mtls::cmd
