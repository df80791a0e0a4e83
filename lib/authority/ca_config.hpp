// ca.toml: what a CA directory says of itself.
#pragma once

#include "base/file.hpp"
#include "store/ledger.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mtls::authority {

/// The settings of one CA, as read from ca.toml. It may name the source of a secret, never a
/// secret.
struct CaConfig {
  std::string key = "file:ca.key";  // URI; pkcs11: and provider: are reserved
  store::StoreUrl store = store::StoreUrl::sqlite("ca.db");  // a relative file starts beside it
  std::string ledger_id;                                     // 32 hex digits
  std::optional<std::chrono::seconds> intent_pending;  // how long an unseen process is waited for
  std::optional<std::string> passphrase;               // "file:PATH", "env:NAME", "fd:N", "prompt"
  std::optional<Path> profiles;                        // a directory, relative to ca.toml
  std::optional<std::string> client_profile;           // instead of mtls-client
  std::optional<std::string> server_profile;           // instead of mtls-server
  std::optional<std::chrono::seconds> client_validity;
  std::optional<std::chrono::seconds> server_validity;
  std::vector<std::string> crl_urls;  // put into what this CA issues where the profile names none
  std::vector<std::string> ocsp_urls;
  std::vector<std::string> ca_issuers_urls;

  /// Where the ledger of the CA in `directory` is.
  [[nodiscard]] store::LedgerLocation ledger_location(const Path& directory,
                                                      std::chrono::milliseconds lock_timeout) const;
};

/// Reads ca.toml; throws bad_config with file:line:column.
[[nodiscard]] CaConfig parse_ca_config(std::string_view text, std::string_view source);
/// Returns the text of a new ca.toml, with comments that say what may be set.
[[nodiscard]] std::string to_toml(const CaConfig& config);

}  // namespace mtls::authority
