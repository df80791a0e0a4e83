// Which key to make, and what protects it.
#pragma once

#include "authority/file_trust.hpp"
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
  /// Gives the same passphrase; asks on a terminal where there is none, or where the one that was
  /// typed is wrong. Refers to this object and
  /// `session`.
  [[nodiscard]] crypto::PassphraseSource source(SecretRequest request, Session& session) const;

 private:
  enum class Typed { no, yes };
  std::optional<SecretBytes> m_secret;
  Typed m_typed = Typed::no;
};

/// How a private key that a flag names is read.
struct KeyReading {
  crypto::PassphraseSource passphrase;         // what `flag` gives
  std::string_view flag = "--key-passphrase";  // for hints
  crypto::LegacyKeys legacy;
  authority::FileTrust trust;
  const ossl::Context& context;
};
/// Reads a private key file that a flag names; "-" is standard input. Throws foreign_owner where
/// another user owns it, unless that is lifted; its mode is not judged.
[[nodiscard]] crypto::PrivateKey read_private_key(const Path& file, const KeyReading& reading);

}  // namespace mtls::cmd
