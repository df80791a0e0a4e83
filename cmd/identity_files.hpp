// A certificate and its private key, named on the command line: what a client shows.
#pragma once

#include "authority/file_trust.hpp"
#include "base/file.hpp"
#include "cmd/session.hpp"
#include "crypto/private_key.hpp"
#include "tls/attempt.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mtls::cmd {

struct IdentityFiles {
  Path certificate;
  Path key;
};

/// Splits "CERT,KEY". With several commas the names themselves hold some: it is split where both
/// halves are files that exist, else at the last comma. Nothing where there is no comma or a half
/// is empty; throws usage where it can be split in two ways.
[[nodiscard]] std::optional<IdentityFiles> split_identity_files(std::string_view text);

/// How a key that is encrypted is opened; `flag` names the option that says so.
struct KeyOpening {
  crypto::PassphraseSource passphrase;
  std::string_view flag;
  crypto::LegacyKeys legacy;
  authority::FileTrust trust;
};

/// Returns `certificates` with the one that `key` belongs to first, and warns where it was not; as
/// they are where it is none's. `shown` is their file.
[[nodiscard]] std::vector<x509::Certificate> put_own_first(
    std::vector<x509::Certificate> certificates, const crypto::PublicKey& key,
    std::string_view shown, Session& session);

/// Reads both: the certificate first, then what is sent behind it. Throws unreadable_file,
/// malformed, key_mismatch, foreign_owner …
[[nodiscard]] tls::Identity read_identity(const IdentityFiles& files, const KeyOpening& opening,
                                          Session& session);

}  // namespace mtls::cmd
