// A CA made only for tests of listeners: it signs what no real CA may.
#pragma once

#include "ca/issuer.hpp"
#include "crypto/private_key.hpp"

#include <optional>

namespace mtls::ca {

/// Signs any tbsCertificate with the key of a CA that was made under the profile `probe-ca`: CAs,
/// v1, certificates without purposes. Each is recorded before and after the signature as all that a
/// CA signs, and is revoked from the first moment. Holds references, as Issuer does.
class ThrowAwayCa final {
 public:
  /// Which digest the signature is made with.
  enum class Strength { usual, sha1 };

  /// Throws issuer_unfit where `ledger` does not say of `certificate` that it is the root of a CA
  /// made under the profile `probe-ca`: no other key is ever used this way.
  ThrowAwayCa(x509::Certificate certificate, const crypto::PrivateKey& key, store::Ledger& ledger,
              Issuer::Surroundings surroundings);

  [[nodiscard]] const x509::Certificate& certificate() const noexcept { return m_certificate; }
  /// The signature's AlgorithmIdentifier, which also stands in the TBS; nothing where the key has
  /// no algorithm of that strength.
  [[nodiscard]] std::optional<Bytes> algorithm(Strength strength) const;
  /// Returns the signed certificate; nothing where this system does not sign with that strength
  /// (then the intent is burnt). Throws malformed for octets that are no tbsCertificate, and the
  /// ledger's errors.
  [[nodiscard]] std::optional<x509::Certificate> sign(ByteView tbs, Strength strength);

 private:
  x509::Certificate m_certificate;
  const crypto::PrivateKey& m_key;
  store::Ledger& m_ledger;
  Issuer::Surroundings m_surroundings;
};

}  // namespace mtls::ca
