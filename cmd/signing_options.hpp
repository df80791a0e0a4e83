// The CA that signs: its directory, its key, its ledger.
#pragma once

#include "authority/ca_directory.hpp"
#include "authority/enrol.hpp"
#include "ca/issuer.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/secret_source.hpp"
#include "cmd/session.hpp"
#include "cmd/trust_options.hpp"

#include <memory>
#include <optional>
#include <string>

namespace mtls::cmd {

struct SigningOptions {
  std::optional<SecretSource> passphrase;
  TrustOptions files;
  bool legacy_key = false;

  void add_to(OptionSet& options);
  [[nodiscard]] crypto::LegacyKeys legacy() const {
    return legacy_key ? crypto::LegacyKeys::allow : crypto::LegacyKeys::refuse;
  }
  [[nodiscard]] authority::OpenKey open_key() const { return files.open_key(); }
  /// Reads the CA's key; the passphrase comes from the flag, else from where ca.toml says, else a
  /// person is asked.
  [[nodiscard]] crypto::PrivateKey load_key(const authority::CaDirectory& ca,
                                            Session& session) const;
};

/// A CA directory opened for signing. The key is read when it is first needed, or by `load`.
class SigningCa final {
 public:
  /// A rehearsal opens the ledger only for reading, and changes nothing of it.
  SigningCa(const authority::CaDirectory& ca, const SigningOptions& options,
            std::chrono::milliseconds lock_timeout, Session& session,
            authority::Rehearsal rehearsal = authority::Rehearsal::no);

  [[nodiscard]] const authority::CaDirectory& directory() const noexcept { return m_ca; }
  [[nodiscard]] store::Ledger& ledger() noexcept { return m_ledger; }
  [[nodiscard]] const ca::Issuer::Surroundings& surroundings() const noexcept {
    return m_surroundings;
  }
  void load();
  [[nodiscard]] const crypto::PrivateKey& key();
  /// The issuer under a profile's digest.
  [[nodiscard]] ca::Issuer& issuer(std::optional<crypto::Digest> digest);

 private:
  authority::CaDirectory m_ca;
  const SigningOptions& m_options;
  Session& m_session;
  store::Ledger m_ledger;
  ca::Issuer::Surroundings m_surroundings;
  std::optional<crypto::PrivateKey> m_key;
  std::unique_ptr<crypto::Signer> m_signer;
  std::unique_ptr<ca::Issuer> m_issuer;
};

/// Clock, trace, context and actor of a run, as lib/ca wants them.
[[nodiscard]] ca::Issuer::Surroundings make_surroundings(Session& session);

}  // namespace mtls::cmd
