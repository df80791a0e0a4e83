// A CA made only for tests of listeners: it signs what no real CA may.
#pragma once

#include "ca/issuer.hpp"

#include <string_view>

namespace mtls::ca {

/// The profile of throw-away CAs.
inline constexpr std::string_view k_throw_away_profile = "probe-ca";

/// Whether `key` is that of a CA that was made under the profile `probe-ca`, by what
/// `ledger` says: it has a certificate over it under that profile.
[[nodiscard]] bool is_throw_away_key(const store::Ledger& ledger, const crypto::PublicKey& key);

/// Signs any tbsCertificate with the key of a CA that was made under the profile `probe-ca`: CAs,
/// v1, certificates without purposes. Each goes through sign_and_record like all that a CA signs,
/// and is revoked from the first moment. Holds references, as Issuer does.
class ThrowAwayCa final {
 public:
  /// Throws issuer_unfit where `ledger` does not say of `certificate` that it is the root of a CA
  /// made under the profile `probe-ca`: no other key is ever used this way.
  ThrowAwayCa(x509::Certificate certificate, store::Ledger& ledger,
              Issuer::Surroundings surroundings);

  [[nodiscard]] const x509::Certificate& certificate() const noexcept { return m_certificate; }
  /// Returns the certificate, signed by `signer`, whose algorithm may be an outdated one; it must
  /// be the inner algorithm of the TBS too. Throws key_mismatch where the signer's key is not the
  /// CA's, malformed for octets that are no tbsCertificate, internal for one of another issuer,
  /// unsupported where this system does not sign by the algorithm, and as sign_and_record does.
  [[nodiscard]] x509::Certificate sign(ByteView tbs, const crypto::AnySigner& signer);

 private:
  x509::Certificate m_certificate;
  store::Ledger& m_ledger;
  Issuer::Surroundings m_surroundings;
};

}  // namespace mtls::ca
