// What `render` reads from disk.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/session.hpp"
#include "render/render.hpp"

#include <optional>
#include <vector>

namespace mtls::cmd {

/// CRLs may be larger than everything else.
inline constexpr std::size_t k_crl_limit = std::size_t{64} << 20U;

/// Reads the trust that `ca` stands for; the CRLs of `crl`, else of its ca.crl if it has one.
[[nodiscard]] render::TrustFacts trust_facts(const authority::CaDirectory& ca,
                                             const std::optional<Path>& crl);

/// The certificates that say how deep chains get: those of the file of `client`, where it is here,
/// and, unless --verify-depth or the root's path length decides, the CA certificates of the CA's
/// ledger. A ledger that cannot be read is a warning in `notices`.
[[nodiscard]] std::vector<x509::Certificate> known_certificates(
    const CaOptions& options, const authority::CaDirectory& ca, const render::Settings& settings,
    const Session& session, std::vector<render::Notice>& notices);

/// Looks at the files that `request` names, as far as they are on this machine: the listener's, the
/// copies of --trust-file and --crl-file, and the client's for the probe command. Throws as
/// render::check_server_files and check_trust, and malformed for a file that holds nothing usable.
[[nodiscard]] std::vector<render::Notice> check_files(const render::RenderRequest& request,
                                                      Session& session);

/// Reads a listener's certificate and key. Throws key_mismatch where they do not belong together,
/// missing_value for a key with a passphrase, which nothing could be told, and foreign_owner where
/// `trust` does not let the key pass.
[[nodiscard]] render::ServerIdentity server_identity(const Path& certificate, const Path& key,
                                                     const authority::FileTrust& trust,
                                                     Session& session);

}  // namespace mtls::cmd
