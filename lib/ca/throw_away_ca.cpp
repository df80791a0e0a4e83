#include "ca/throw_away_ca.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "ca/going_clock.hpp"
#include "ca/sign_and_record.hpp"
#include "x509/tbs_certificate.hpp"

#include <algorithm>
#include <array>

namespace mtls::ca {

bool is_throw_away_key(const store::Ledger& ledger, const crypto::PublicKey& key) {
  const auto records = ledger.find_by_key(key.spki_hash());
  return std::any_of(records.begin(), records.end(), [](const store::Record& record) {
    return record.profile == k_throw_away_profile && record.certificate.has_value();
  });
}

ThrowAwayCa::ThrowAwayCa(x509::Certificate certificate, store::Ledger& ledger,
                         Issuer::Surroundings surroundings)
    : m_certificate(std::move(certificate)),
      m_ledger(ledger),
      m_surroundings(std::move(surroundings)) {
  const auto record = m_ledger.find_by_fingerprint(m_certificate.fingerprint());
  if (!record || record->profile != k_throw_away_profile) {
    throw Error(Errc::issuer_unfit,
                format("{} is no throw-away CA: it was not made under the profile '{}'",
                       m_certificate.subject().to_text(), k_throw_away_profile),
                "make one that the listener trusts too: mtlsctl ca init --profile probe-ca");
  }
}

x509::Certificate ThrowAwayCa::sign(ByteView tbs, const crypto::AnySigner& signer) {
  if (!(m_certificate.public_key() == signer.public_key())) {
    throw Error(Errc::key_mismatch, "the CA's key and its certificate do not belong together");
  }
  const x509::Certificate unsigned_certificate =
      x509::wrap(tbs, signer.algorithm_identifier(), std::array<std::uint8_t, 1>{0});
  if (!(unsigned_certificate.issuer() == m_certificate.subject())) {
    throw Error(Errc::internal, "a throw-away CA was to sign for another issuer");
  }
  const store::Author author{.actor = m_surroundings.actor.actor,
                             .host = m_surroundings.actor.host,
                             .time = m_surroundings.clock.now()};
  const store::IssuerId issuer =
      m_ledger.add_issuer(m_certificate.subject(), m_certificate.public_key(), author);
  require_going_clock(m_ledger, issuer, m_surroundings.clock.now());
  const SigningOrder order{
      .signer = signer, .public_key = m_certificate.public_key(), .standing = Standing::revoked};
  return sign_and_record(
             {make_intent(issuer, tbs, unsigned_certificate, k_throw_away_profile, m_surroundings)},
             order, m_ledger, m_surroundings)
      .front();
}

}  // namespace mtls::ca
