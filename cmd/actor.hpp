// Who is working: goes into every record of the ledger.
#pragma once

#include "cmd/session.hpp"
#include "store/record.hpp"

namespace mtls::cmd {

/// Returns --actor, else MTLSCTL_ACTOR, else the user's name ("uid 1000" where it has none), with
/// this process.
[[nodiscard]] store::Actor make_actor(const Session& session);
/// The same as the author of what is changed now.
[[nodiscard]] store::Author make_author(const Session& session);

}  // namespace mtls::cmd
