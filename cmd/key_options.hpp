// Which key to make, and what protects it.
#pragma once

#include "base/secret.hpp"
#include "cmd/option_set.hpp"
#include "cmd/secret_source.hpp"
#include "cmd/session.hpp"
#include "crypto/private_key.hpp"

#include <optional>
#include <string>

namespace mtls::cmd {

struct KeyOptions {
  std::optional<crypto::KeySpec> spec;
  crypto::Keygen keygen = crypto::Keygen::standard;
  std::optional<SecretSource> passphrase;

  void add_to(OptionSet& options);
};

/// A passphrase that was read once and may be needed twice: to write a new key and to open one that
/// an earlier run left.
class HeldPassphrase final {
 public:
  HeldPassphrase() = default;
  explicit HeldPassphrase(std::optional<SecretBytes> secret) : m_secret(std::move(secret)) {}
  /// Reads `source`, if there is one.
  [[nodiscard]] static HeldPassphrase read(const std::optional<SecretSource>& source,
                                           const SecretRequest& request, Session& session);
  [[nodiscard]] std::optional<SecretBytes> get() const;
  /// Gives the same passphrase; asks on a terminal where there is none. Refers to this object and
  /// `session`.
  [[nodiscard]] crypto::PassphraseSource source(SecretRequest request, Session& session) const;

 private:
  std::optional<SecretBytes> m_secret;
};

/// Reads a private key file whose passphrase is --key-passphrase's.
[[nodiscard]] crypto::PrivateKey read_private_key(const Path& file,
                                                  const crypto::PassphraseSource& passphrase,
                                                  crypto::LegacyKeys legacy,
                                                  const ossl::Context& context);

}  // namespace mtls::cmd
