// chain.crt and root.crt of a CA directory that `init` makes. Private to lib/authority.
#pragma once

#include "authority/init.hpp"

#include <vector>

namespace mtls::authority {

/// Returns chain.crt (this CA and those above it, without the root) and root.crt.
[[nodiscard]] std::vector<Publication::File> chain_files(const x509::Certificate& certificate,
                                                         const InitRequest& request);

/// Returns those that `directory`, which holds the complete CA `certificate`, lacks. Throws
/// set_mismatch for one that holds anything else than `init` would write.
[[nodiscard]] std::vector<Publication::File> find_missing_chain(
    const Directory& directory, const x509::Certificate& certificate, const InitRequest& request);

/// Writes those that are missing, under the directory's lock. Returns whether any was.
bool complete_chain(const x509::Certificate& certificate, const InitRequest& request);

}  // namespace mtls::authority
