// What `render` reads from disk.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/session.hpp"
#include "render/render.hpp"

#include <optional>

namespace mtls::cmd {

/// CRLs may be larger than everything else.
inline constexpr std::size_t k_crl_limit = std::size_t{64} << 20U;

/// Reads the trust that `ca` stands for; the CRLs of `crl`, else of its ca.crl if it has one.
[[nodiscard]] render::TrustFacts trust_facts(const authority::CaDirectory& ca,
                                             const std::optional<Path>& crl);

/// Reads a listener's certificate and key. Throws key_mismatch where they do not belong together,
/// missing_value for a key with a passphrase, which nothing could be told, and foreign_owner where
/// `trust` does not let the key pass.
[[nodiscard]] render::ServerIdentity server_identity(const Path& certificate, const Path& key,
                                                     const authority::FileTrust& trust,
                                                     Session& session);

}  // namespace mtls::cmd
