#include "cmd/probe_odd_certificates.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/digest.hpp"
#include "crypto/weak_crypto.hpp"
#include "der/writer.hpp"
#include "x509/tbs_certificate.hpp"

#include <array>

namespace mtls::cmd {
namespace {

using x509::Criticality;
using x509::KeyUsageBit;
namespace oids = x509::oids;

constexpr std::chrono::minutes k_before{5};
constexpr std::chrono::minutes k_after{10};

x509::Name common_name(std::string_view text) {
  return x509::Name::make({{x509::make_attribute(oids::common_name(), text)}});
}

x509::Name leaf_name() { return common_name("mtlsctl-probe"); }

}  // namespace

OddCertificates::OddCertificates(const authority::CaDirectory& directory,
                                 const SigningOptions& signing,
                                 std::chrono::milliseconds lock_timeout, Session& session)
    : m_directory(directory),
      m_signing(signing),
      m_lock_timeout(lock_timeout),
      m_session(session) {}

void OddCertificates::open() {
  if (m_ca) return;
  m_signing_ca = std::make_unique<SigningCa>(m_directory, m_signing, m_lock_timeout, m_session);
  m_ca = std::make_unique<ca::ThrowAwayCa>(m_directory.certificate(), m_signing_ca->ledger(),
                                           m_signing_ca->surroundings());
  m_usual = authority::make_signer(m_signing_ca->key(), std::nullopt);
  m_sha1 = crypto::make_sha1_signer(m_signing_ca->key());
  m_key = crypto::PrivateKey::generate(crypto::KeySpec::ec(crypto::Curve::p256),
                                       crypto::Keygen::standard,
                                       m_session.openssl(ossl::Configuration::openssl));
}

Bytes OddCertificates::make_tbs(const Wanted& wanted, const x509::Name& issuer,
                                const x509::Name& subject, const crypto::PublicKey& key,
                                ByteView algorithm) const {
  std::array<std::uint8_t, 16> random{};
  crypto::fill_random(random);
  const UnixTime now = m_session.clock().now();
  x509::Extensions extensions{x509::encode(
      x509::BasicConstraints{.subject = wanted.ca ? x509::BasicConstraints::Subject::ca
                                                  : x509::BasicConstraints::Subject::end_entity,
                             .path_length = wanted.path_length},
      Criticality::critical)};
  extensions.push_back(
      x509::encode(wanted.ca ? x509::KeyUsage{KeyUsageBit::key_cert_sign, KeyUsageBit::crl_sign}
                             : x509::KeyUsage{KeyUsageBit::digital_signature},
                   Criticality::critical));
  if (wanted.with_purpose && !wanted.ca) {
    extensions.push_back(
        x509::encode_extended_key_usage({oids::client_auth()}, Criticality::non_critical));
  }
  extensions.push_back(x509::encode_subject_key_identifier(key.key_identifier()));
  if (!wanted.names.empty()) {
    extensions.push_back(x509::encode_subject_alt_name(wanted.names, Criticality::non_critical));
  }
  if (!wanted.constraints.empty()) extensions.push_back(x509::encode(wanted.constraints));

  der::Writer writer;
  writer.sequence([&](der::Writer& tbs) {
    if (wanted.version == 3) {
      tbs.constructed(der::tag::context_constructed(0), [](der::Writer& v) { v.integer(2); });
    }
    tbs.element(der::tag::integer, x509::SerialNumber::from_random(random).content());
    tbs.raw(algorithm).raw(issuer.der());
    tbs.sequence([now](der::Writer& times) { times.time(now - k_before).time(now + k_after); });
    tbs.raw(subject.der()).raw(key.spki());
    if (wanted.version != 3) return;
    tbs.constructed(der::tag::context_constructed(3), [&extensions](der::Writer& tagged) {
      x509::write_extensions(tagged, extensions);
    });
  });
  return std::move(writer).take();
}

std::optional<tls::Identity> OddCertificates::leaf(const Wanted& wanted,
                                                   const crypto::PrivateKey& key,
                                                   const crypto::AnySigner& signer) {
  const Bytes tbs = make_tbs(wanted, m_ca->certificate().subject(), leaf_name(), key.public_key(),
                             signer.algorithm_identifier());
  try {
    return tls::Identity{.chain = {m_ca->sign(tbs, signer)}, .key = key};
  } catch (const Error& error) {
    if (error.code() != Errc::unsupported) throw;
    return std::nullopt;
  }
}

tls::Identity OddCertificates::under(const std::vector<Wanted>& intermediates, const Wanted& leaf) {
  const ossl::Context& context = m_session.openssl(ossl::Configuration::openssl);
  const crypto::SoftwareSigner own(*m_key, crypto::SignatureAlgorithm::ecdsa_sha256);
  std::vector<x509::Certificate> chain;
  x509::Name issuer = m_ca->certificate().subject();
  for (std::size_t i = 0; i <= intermediates.size(); ++i) {
    const bool last = i == intermediates.size();
    const x509::Name subject =
        last ? leaf_name() : common_name(format("mtlsctl-probe CA {}", i + 1));
    const crypto::AnySigner& signer =
        i == 0 ? static_cast<const crypto::AnySigner&>(*m_usual) : own;
    const Bytes tbs = make_tbs(last ? leaf : intermediates[i], issuer, subject, m_key->public_key(),
                               signer.algorithm_identifier());
    chain.insert(chain.begin(), i == 0 ? m_ca->sign(tbs, signer)
                                       : x509::sign(tbs, signer, m_key->public_key(), context));
    issuer = subject;
  }
  return tls::Identity{.chain = std::move(chain), .key = *m_key};
}

std::optional<tls::Identity> OddCertificates::find(probe::Id id) {
  if (id != probe::Id::e4 && id != probe::Id::e5 && (id < probe::Id::i2 || id > probe::Id::i5)) {
    return std::nullopt;
  }
  open();
  Wanted wanted;
  Wanted above{.version = 3,
               .ca = true,
               .path_length = 0,
               .with_purpose = false,
               .names = {},
               .constraints = {}};
  switch (id) {
    case probe::Id::e4:
      above.constraints.permitted = {x509::GeneralName::dns("inside.invalid")};
      wanted.names = {x509::GeneralName::dns("outside.invalid")};
      return under({above}, wanted);
    case probe::Id::e5:
      return under({above, above}, wanted);
    case probe::Id::i2:
      wanted.with_purpose = false;
      return leaf(wanted, *m_key, *m_usual);
    case probe::Id::i3:
      wanted.version = 1;
      return leaf(wanted, *m_key, *m_usual);
    case probe::Id::i4:
      if (!m_sha1) return std::nullopt;
      return leaf(wanted, *m_key, *m_sha1);
    default:
      return leaf(wanted, crypto::make_rsa_1024(m_session.openssl(ossl::Configuration::openssl)),
                  *m_usual);
  }
}

}  // namespace mtls::cmd
