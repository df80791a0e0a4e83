#include "ca/throw_away_ca.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "ca/going_clock.hpp"
#include "crypto/weak_crypto.hpp"
#include "der/writer.hpp"

#include <array>

namespace mtls::ca {
namespace {

constexpr std::string_view k_profile = "probe-ca";
constexpr std::string_view k_note = "made by mtlsctl probe, to be refused";

crypto::SignatureAlgorithm usual_algorithm(const crypto::PrivateKey& key) {
  const crypto::KeySpec spec = key.public_key().spec().value();
  return crypto::signature_algorithm(spec.type(), crypto::default_digest(spec));
}

x509::Certificate assemble(ByteView tbs, ByteView algorithm, ByteView signature) {
  der::Writer writer;
  writer.sequence(
      [&](der::Writer& certificate) { certificate.raw(tbs).raw(algorithm).bit_string(signature); });
  return x509::Certificate::from_der(writer.view());
}

}  // namespace

ThrowAwayCa::ThrowAwayCa(x509::Certificate certificate, const crypto::PrivateKey& key,
                         store::Ledger& ledger, Issuer::Surroundings surroundings)
    : m_certificate(std::move(certificate)),
      m_key(key),
      m_ledger(ledger),
      m_surroundings(std::move(surroundings)) {
  const auto record = m_ledger.find_by_fingerprint(m_certificate.fingerprint());
  if (!record || record->profile != k_profile) {
    throw Error(Errc::issuer_unfit,
                format("{} is no throw-away CA: it was not made under the profile '{}'",
                       m_certificate.subject().to_text(), k_profile),
                "make one that the listener trusts too: mtlsctl ca init --profile probe-ca");
  }
  if (!(m_certificate.public_key() == m_key.public_key())) {
    throw Error(Errc::key_mismatch, "the CA's key and its certificate do not belong together");
  }
}

std::optional<Bytes> ThrowAwayCa::algorithm(Strength strength) const {
  if (strength == Strength::sha1) {
    return crypto::sha1_algorithm_identifier(m_key.public_key().spec()->type());
  }
  return to_bytes(crypto::algorithm_identifier(usual_algorithm(m_key)));
}

std::optional<x509::Certificate> ThrowAwayCa::sign(ByteView tbs, Strength strength) {
  const auto named = algorithm(strength);
  if (!named) return std::nullopt;
  const x509::Certificate unsigned_one = assemble(tbs, *named, std::array<std::uint8_t, 1>{0});
  const auto author = [this]() -> store::Author {
    return {.actor = m_surroundings.actor.actor,
            .host = m_surroundings.actor.host,
            .time = m_surroundings.clock.now()};
  };
  const store::IssuerId issuer =
      m_ledger.add_issuer(m_certificate.subject(), m_certificate.public_key(), author());
  require_going_clock(m_ledger, issuer, m_surroundings.clock.now());
  const store::Intent intent{.issuer = issuer,
                             .serial = unsigned_one.serial(),
                             .tbs = to_bytes(tbs),
                             .profile = std::string(k_profile),
                             .profile_hash = {},
                             .subject = unsigned_one.subject().to_text(),
                             .sans = {},
                             .validity = unsigned_one.validity(),
                             .spki_hash = unsigned_one.public_key().spki_hash(),
                             .actor = m_surroundings.actor,
                             .time = m_surroundings.clock.now()};
  m_ledger.record_intents({&intent, 1});
  const std::optional<Bytes> signature = strength == Strength::sha1
                                             ? crypto::sign_sha1(m_key, tbs)
                                             : m_key.sign(usual_algorithm(m_key), tbs);
  if (!signature) {
    m_ledger.burn_intent(issuer, intent.serial, "this system does not sign with SHA-1", author());
    return std::nullopt;
  }
  const x509::Certificate certificate = assemble(tbs, *named, *signature);
  const store::Issued issued{.issuer = issuer,
                             .serial = certificate.serial(),
                             .fingerprint = certificate.fingerprint(),
                             .certificate = to_bytes(certificate.der()),
                             .author = author()};
  m_ledger.record_issued_revoked({&issued, 1}, k_note);
  return certificate;
}

}  // namespace mtls::ca
