// `client issue` and `server issue`: one sequence, two roles.
#pragma once

#include "cmd/command.hpp"

namespace mtls::cmd {

enum class LeafRole { client, server };

/// Declares the command of a role.
void add_leaf_issue(Command& command, LeafRole role);

}  // namespace mtls::cmd
