#include "ca/issuer.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "ca/sign_and_record.hpp"
#include "crypto/key_check.hpp"

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
    if (one.m_for_probes && standing != Standing::revoked) {
      throw Error(Errc::internal, "a certificate made for probes was to be issued as valid");
    }
  }
}

std::vector<store::Intent> Issuer::make_intents(const std::vector<Prepared>& prepared,
                                                store::IssuerId issuer) const {
  std::vector<store::Intent> intents;
  intents.reserve(prepared.size());
  for (const Prepared& one : prepared) {
    const x509::Certificate& certificate = one.unsigned_certificate();
    store::Intent intent =
        make_intent(issuer, one.m_tbs, certificate, one.m_profile_name, m_surroundings);
    intent.profile_hash = one.m_profile_hash;
    intent.request_key = one.m_request_key;
    intent.replaces_intent = one.m_replaces_intent;
    intent.replaces = one.m_replaces;
    intents.push_back(std::move(intent));
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

  const SigningOrder order{
      .signer = m_signer,
      .public_key = m_chain.empty() ? m_signer.public_key() : m_chain.front().public_key(),
      .use = m_chain.empty() ? store::Issued::Use::own_certificate : store::Issued::Use::leaf,
      .standing = standing};
  const auto certificates =
      sign_and_record(make_intents(prepared, issuer), order, m_ledger, m_surroundings);
  std::vector<IssuedCertificate> issued;
  issued.reserve(certificates.size());
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    issued.push_back({.certificate = certificates[i], .notices = prepared[i].notices()});
  }
  return issued;
}

}  // namespace mtls::ca
