// What --help prints.
#pragma once

#include "cmd/option_walk.hpp"

#include <string>
#include <string_view>

namespace mtls::cmd {

/// Returns the help of a command, a noun or the program, in lines of at most 80 columns.
[[nodiscard]] std::string help_text(const CommandDoc& command);

/// Returns `text` with its lines broken at spaces so that none passes 80 columns, each after the
/// first begun with `indent` spaces; the first one begins in column `column`. Line ends are kept.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t column, std::size_t indent);

}  // namespace mtls::cmd
