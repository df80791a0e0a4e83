#include "ca/issuer.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/key_check.hpp"
#include "x509/tbs_certificate.hpp"

#include <algorithm>
#include <utility>

namespace mtls::ca {
namespace {

void require_fit(const x509::Certificate& ca) {
  const auto constraints = ca.basic_constraints();
  const auto usage = ca.key_usage();
  std::string why;
  if (!constraints || constraints->subject != x509::BasicConstraints::Subject::ca) {
    why = "it is not a CA (basicConstraints)";
  } else if (usage && !usage->has(x509::KeyUsageBit::key_cert_sign)) {
    why = "its key usage has no keyCertSign";
  }
  if (why.empty()) return;
  throw Error(
      Errc::issuer_unfit, format("{} cannot issue certificates: {}", ca.subject().to_text(), why),
      "make a CA with mtlsctl ca init; a root that another tool made gets a certificate that "
      "can, over the same key, by mtlsctl ca adopt ca.crt ca.key --reissue");
}

/// Wraps, reads back and checks a fresh signature; throws faulty_signature.
x509::Certificate finish(const Prepared& prepared, const crypto::Signer& signer, ByteView signature,
                         const ossl::Context& context) {
  const x509::Certificate certificate = x509::wrap(prepared.tbs(), signer.algorithm(), signature);
  const bool same = equal(certificate.tbs(), prepared.tbs());
  if (!same || !certificate.is_signed_by(signer.public_key(), context)) {
    throw Error(Errc::faulty_signature,
                "the signature that was made does not verify with the CA's public key; it was "
                "discarded and nothing was released",
                "this points to faulty hardware or a faulty provider: check the machine before "
                "signing again");
  }
  return certificate;
}

}  // namespace

Issuer::Issuer(const crypto::Signer& signer, store::Ledger& ledger, Surroundings surroundings)
    : m_signer(signer), m_ledger(ledger), m_surroundings(std::move(surroundings)) {}

Issuer::Issuer(const crypto::Signer& signer, std::vector<x509::Certificate> chain,
               store::Ledger& ledger, Surroundings surroundings)
    : Issuer(signer, ledger, std::move(surroundings)) {
  m_chain = std::move(chain);  // NOLINT(cppcoreguidelines-prefer-member-initializer): delegating
  if (m_chain.empty()) throw Error(Errc::internal, "an issuer without a certificate");
  require_fit(m_chain.front());
  if (!(m_chain.front().public_key() == signer.public_key())) {
    throw Error(Errc::key_mismatch, "the CA's key and its certificate do not belong together",
                "check that ca.key and ca.crt are of the same CA");
  }
  // One that was adopted may be weak: its signatures would be taken for faulty ones.
  crypto::require_good_key(signer.public_key(), "the CA's key", m_surroundings.context);
}

Issuer Issuer::for_new_root(const crypto::Signer& signer, store::Ledger& ledger,
                            Surroundings surroundings) {
  return {signer, ledger, std::move(surroundings)};
}

store::Author Issuer::author() const {
  return {.actor = m_surroundings.actor.actor,
          .host = m_surroundings.actor.host,
          .time = m_surroundings.clock.now()};
}

void Issuer::adopt(const x509::Certificate& recorded) {
  static_cast<void>(m_ledger.add_issuer(recorded.issuer(), m_signer.public_key(),
                                        m_chain.empty() ? recorded : m_chain.front(), author()));
}

void Issuer::require_issuable(const std::vector<Prepared>& prepared, Standing standing) {
  for (const Prepared& one : prepared) {
    if (one.m_key_to_come) {
      throw Error(Errc::internal, "a certificate was to be issued over a key that is not made yet");
    }
    if (one.m_windowed && standing != Standing::revoked) {
      throw Error(Errc::internal,
                  "a certificate with a window of its own was to be issued as valid");
    }
  }
}

std::vector<store::Intent> Issuer::make_intents(const std::vector<Prepared>& prepared,
                                                store::IssuerId issuer) const {
  std::vector<store::Intent> intents;
  intents.reserve(prepared.size());
  for (const Prepared& one : prepared) {
    const x509::Certificate& certificate = one.unsigned_certificate();
    intents.push_back({.issuer = issuer,
                       .serial = certificate.serial(),
                       .tbs = one.m_tbs,
                       .request_key = one.m_request_key,
                       .profile = one.m_profile_name,
                       .profile_hash = one.m_profile_hash,
                       .subject = certificate.subject().to_text(),
                       .sans = x509::to_texts(certificate.subject_alt_names()),
                       .validity = certificate.validity(),
                       .spki_hash = certificate.public_key().spki_hash(),
                       .actor = m_surroundings.actor,
                       .time = m_surroundings.clock.now(),
                       .replaces_intent = one.m_replaces_intent,
                       .replaces = one.m_replaces});
  }
  return intents;
}

std::vector<IssuedCertificate> Issuer::issue(std::vector<Prepared> prepared, Standing standing) {
  if (prepared.empty()) return {};
  require_issuable(prepared, standing);
  const x509::Name issuer_name = prepared.front().unsigned_certificate().issuer();
  const store::IssuerId issuer =
      m_chain.empty()
          ? m_ledger.add_issuer(issuer_name, m_signer.public_key(), author())
          : m_ledger.add_issuer(issuer_name, m_signer.public_key(), m_chain.front(), author());

  const std::vector<store::Intent> intents = make_intents(prepared, issuer);
  m_ledger.record_intents(intents);
  m_surroundings.trace.note("ledger.intents", {{"count", std::to_string(intents.size())},
                                               {"serial", intents.front().serial.to_text()}});

  std::vector<IssuedCertificate> certificates;
  certificates.reserve(prepared.size());
  try {
    for (const Prepared& one : prepared) {
      certificates.push_back(
          {finish(one, m_signer, m_signer.sign(one.tbs()), m_surroundings.context), one.notices()});
    }
  } catch (const Error& error) {
    // Nothing of the batch was released: none of its serials may be used again.
    for (const store::Intent& intent : intents) {
      m_ledger.burn_intent(intent.issuer, intent.serial, error.message(), author());
    }
    throw;
  }

  std::vector<store::Issued> issued;
  issued.reserve(certificates.size());
  for (const IssuedCertificate& one : certificates) {
    issued.push_back(
        {.issuer = issuer,
         .serial = one.certificate.serial(),
         .fingerprint = one.certificate.fingerprint(),
         .certificate = to_bytes(one.certificate.der()),
         .author = author(),
         .use = m_chain.empty() ? store::Issued::Use::own_certificate : store::Issued::Use::leaf});
  }
  if (standing == Standing::revoked) {
    m_ledger.record_issued_revoked(issued, "made by mtlsctl probe, to be refused");
  } else {
    m_ledger.record_issued(issued);
  }
  m_surroundings.trace.note("ledger.issued", {{"count", std::to_string(issued.size())},
                                              {"serial", issued.front().serial.to_text()}});
  return certificates;
}

}  // namespace mtls::ca
