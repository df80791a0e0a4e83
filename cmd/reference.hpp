// The reference as files: docs/cli.md and man pages, made of the tree of commands.
#pragma once

#include "cmd/option_walk.hpp"

#include <string>

namespace mtls::cmd {

/// Returns docs/cli.md.
[[nodiscard]] std::string cli_markdown(const CommandDoc& program);
/// Returns the man page of one command, or of the program.
[[nodiscard]] std::string man_page(const CommandDoc& command, const CommandDoc& program);
/// The name of that page: "mtlsctl-ca-init.1".
[[nodiscard]] std::string man_page_name(const CommandDoc& command);

}  // namespace mtls::cmd
