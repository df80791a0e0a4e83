// The certificates that a throw-away CA signs for a probe: E4, E5 and I2 to I5.
#pragma once

#include "ca/throw_away_ca.hpp"
#include "cmd/signing_options.hpp"
#include "probe/catalogue.hpp"
#include "tls/attempt.hpp"

#include <memory>
#include <optional>

namespace mtls::cmd {

/// Opens the CA of --probe-ca on its first use. Keys stay in memory, and what its ledger records is
/// revoked from the first moment.
class OddCertificates final {
 public:
  OddCertificates(const authority::CaDirectory& directory, const SigningOptions& signing,
                  std::chrono::milliseconds lock_timeout, Session& session);

  /// Nothing for other ids, and where this system cannot make such a one.
  [[nodiscard]] std::optional<tls::Identity> find(probe::Id id);

 private:
  /// What a certificate is to be.
  struct Wanted {
    unsigned version = 3;
    bool ca = false;
    std::optional<unsigned> path_length;
    bool with_purpose = true;
    x509::GeneralNames names;
    x509::NameConstraints constraints;
  };

  [[nodiscard]] Bytes make_tbs(const Wanted& wanted, const x509::Name& issuer,
                               const x509::Name& subject, const crypto::PublicKey& key,
                               ByteView algorithm) const;
  /// A leaf signed by the throw-away CA itself; nothing where this system does not sign by the
  /// signer's algorithm.
  [[nodiscard]] std::optional<tls::Identity> leaf(const Wanted& wanted,
                                                  const crypto::PrivateKey& key,
                                                  const crypto::AnySigner& signer);
  /// A leaf under intermediates, the topmost first, of which the throw-away CA signs the topmost.
  [[nodiscard]] tls::Identity under(const std::vector<Wanted>& intermediates, const Wanted& leaf);
  void open();

  const authority::CaDirectory& m_directory;
  const SigningOptions& m_signing;
  std::chrono::milliseconds m_lock_timeout;
  Session& m_session;
  std::unique_ptr<SigningCa> m_signing_ca;
  std::unique_ptr<ca::ThrowAwayCa> m_ca;
  std::unique_ptr<crypto::Signer> m_usual;    // with the CA's key
  std::unique_ptr<crypto::AnySigner> m_sha1;  // null for a key without SHA-1
  std::optional<crypto::PrivateKey> m_key;    // of leaves and intermediates alike
};

}  // namespace mtls::cmd
