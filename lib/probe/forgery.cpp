#include "probe/forgery.hpp"

#include "base/error.hpp"
#include "crypto/digest.hpp"
#include "crypto/signer.hpp"
#include "x509/tbs_certificate.hpp"

#include <algorithm>
#include <array>

namespace mtls::probe {
namespace {

using x509::Certificate;
using x509::Criticality;
using x509::Extension;
using x509::Extensions;
namespace oids = x509::oids;

constexpr unsigned k_rsa_bits = 2048;

/// The kind of key that a forgery of `key`'s gets.
crypto::KeySpec kind_of(const crypto::PublicKey& key) {
  const auto spec = key.spec();
  if (!spec) {
    throw Error(Errc::unsupported, "the good key is of a kind that no forgeries are made of",
                "use an RSA, EC P-256/384/521 or Ed25519 key");
  }
  return spec->type() == crypto::KeyType::rsa ? crypto::KeySpec::rsa(k_rsa_bits) : *spec;
}

/// The kind of key that signed `certificate`, as far as its algorithm says.
crypto::KeySpec kind_of_issuer(const Certificate& certificate) {
  const auto algorithm = crypto::find_signature_algorithm(certificate.signature_algorithm());
  if (!algorithm) return kind_of(certificate.public_key());
  switch (*algorithm) {
    case crypto::SignatureAlgorithm::rsa_sha256:
    case crypto::SignatureAlgorithm::rsa_sha384:
    case crypto::SignatureAlgorithm::rsa_sha512:
      return crypto::KeySpec::rsa(k_rsa_bits);
    case crypto::SignatureAlgorithm::ecdsa_sha256:
      return crypto::KeySpec::ec(crypto::Curve::p256);
    case crypto::SignatureAlgorithm::ecdsa_sha384:
      return crypto::KeySpec::ec(crypto::Curve::p384);
    case crypto::SignatureAlgorithm::ecdsa_sha512:
      return crypto::KeySpec::ec(crypto::Curve::p521);
    case crypto::SignatureAlgorithm::ed25519:
      break;
  }
  return crypto::KeySpec::ed25519();
}

crypto::SignatureAlgorithm algorithm_of(const crypto::PrivateKey& key) {
  const crypto::KeySpec spec = key.public_key().spec().value();
  return crypto::signature_algorithm(spec.type(), crypto::default_digest(spec));
}

x509::SerialNumber make_serial() {
  std::array<std::uint8_t, 16> random{};
  crypto::fill_random(random);
  return x509::SerialNumber::from_random(random);
}

/// Signs what `tbs` says, with its own algorithm put in.
Certificate sign(x509::TbsCertificate tbs, const crypto::PrivateKey& key) {
  tbs.signature = algorithm_of(key);
  const Bytes octets = tbs.to_der();
  return x509::wrap(octets, tbs.signature, key.sign(tbs.signature, octets));
}

Extensions without(Extensions extensions, const der::Oid& id) {
  extensions.erase(std::remove_if(extensions.begin(), extensions.end(),
                                  [&id](const Extension& one) { return one.id == id; }),
                   extensions.end());
  return extensions;
}

/// The extensions of a copy, with `key_identifier` as its own, and its issuer's unless it has none.
Extensions copied(const Certificate& certificate, ByteView key_identifier) {
  Extensions extensions = without(certificate.extensions(), oids::subject_key_identifier());
  extensions.push_back(x509::encode_subject_key_identifier(key_identifier));
  return extensions;
}

Extensions client_extensions(ByteView key_identifier) {
  Extensions extensions{
      x509::encode(x509::BasicConstraints{.subject = x509::BasicConstraints::Subject::end_entity,
                                          .path_length = std::nullopt},
                   Criticality::critical),
      x509::encode(x509::KeyUsage{x509::KeyUsageBit::digital_signature}, Criticality::critical),
      x509::encode_extended_key_usage({oids::client_auth()}, Criticality::non_critical),
      x509::encode_subject_key_identifier(key_identifier)};
  return extensions;
}

Extensions ca_extensions(ByteView key_identifier) {
  return {
      x509::encode(x509::BasicConstraints{.subject = x509::BasicConstraints::Subject::ca,
                                          .path_length = std::nullopt},
                   Criticality::critical),
      x509::encode(x509::KeyUsage{x509::KeyUsageBit::key_cert_sign, x509::KeyUsageBit::crl_sign},
                   Criticality::critical),
      x509::encode_subject_key_identifier(key_identifier)};
}

/// The key identifier that `certificate` says its issuer has; nothing where it says none.
std::optional<Bytes> issuer_key_identifier(const Certificate& certificate) {
  const auto identifier = certificate.authority_key_identifier();
  return identifier ? identifier->key_identifier : std::nullopt;
}

x509::TbsCertificate copy_of(const Certificate& certificate, const crypto::PublicKey& key,
                             Extensions extensions) {
  return {.serial = certificate.serial(),
          .signature = {},
          .issuer = certificate.issuer(),
          .validity = certificate.validity(),
          .subject = certificate.subject(),
          .public_key = key,
          .extensions = std::move(extensions)};
}

}  // namespace

Forger::Forger(tls::Identity good, const ossl::Context& context)
    : m_good(std::move(good)),
      m_context(context),
      m_leaf_key(crypto::PrivateKey::generate(kind_of(m_good.chain.front().public_key()),
                                              crypto::Keygen::standard, context)),
      m_rogue_key(crypto::PrivateKey::generate(kind_of_issuer(m_good.chain.front()),
                                               crypto::Keygen::standard, context)) {}

tls::Identity Forger::self_signed_copy() const {
  const Certificate& good = m_good.chain.front();
  const crypto::PublicKey& key = m_leaf_key.public_key();
  x509::TbsCertificate tbs = copy_of(
      good, key, without(copied(good, key.key_identifier()), oids::authority_key_identifier()));
  tbs.serial = make_serial();
  tbs.issuer = good.subject();
  return {.chain = {sign(tbs, m_leaf_key)}, .key = m_leaf_key};
}

tls::Identity Forger::under_rogue_ca() const {
  const auto own_identifier = [](const Certificate& one) {
    return one.subject_key_identifier().value_or(one.public_key().key_identifier());
  };
  const crypto::PublicKey& rogue = m_rogue_key.public_key();
  const Certificate& good = m_good.chain.front();
  tls::Identity forged{
      .chain = {sign(copy_of(good, m_leaf_key.public_key(), copied(good, own_identifier(good))),
                     m_rogue_key)},
      .key = m_leaf_key};
  for (auto it = m_good.chain.begin() + 1; it != m_good.chain.end(); ++it) {
    forged.chain.push_back(
        sign(copy_of(*it, rogue, copied(*it, own_identifier(*it))), m_rogue_key));
  }
  const Certificate& top = m_good.chain.back();
  if (top.is_self_issued()) return forged;
  x509::TbsCertificate root = copy_of(
      top, rogue, ca_extensions(issuer_key_identifier(top).value_or(rogue.key_identifier())));
  root.serial = make_serial();
  root.subject = top.issuer();
  forged.chain.push_back(sign(root, m_rogue_key));
  return forged;
}

tls::Identity Forger::named_as_anchor() const {
  const Certificate& top = m_good.chain.back();
  const crypto::PublicKey& key = m_leaf_key.public_key();
  x509::TbsCertificate tbs =
      copy_of(m_good.chain.front(), key,
              client_extensions(issuer_key_identifier(top).value_or(key.key_identifier())));
  tbs.serial = make_serial();
  tbs.issuer = top.issuer();
  tbs.subject = top.issuer();
  return {.chain = {sign(tbs, m_leaf_key)}, .key = m_leaf_key};
}

tls::Identity Forger::flipped_signature() const {
  // The signature stands last, in a BIT STRING of whole octets.
  Bytes der = to_bytes(m_good.chain.front().der());
  der.back() ^= 1U;
  tls::Identity forged = m_good;
  forged.chain.front() = Certificate::from_der(der);
  return forged;
}

tls::Identity Forger::wrong_key() const {
  return {.chain = m_good.chain,
          .key = crypto::PrivateKey::make_false(m_good.chain.front().public_key(), m_context)};
}

tls::Identity Forger::signed_by_good() const {
  const Certificate& good = m_good.chain.front();
  const crypto::PublicKey& key = m_leaf_key.public_key();
  x509::TbsCertificate tbs = copy_of(good, key, client_extensions(key.key_identifier()));
  tbs.serial = make_serial();
  tbs.issuer = good.subject();
  tbs.extensions.push_back(x509::encode_authority_key_identifier(
      good.subject_key_identifier().value_or(good.public_key().key_identifier())));
  tls::Identity forged{.chain = {sign(tbs, m_good.key)}, .key = m_leaf_key};
  forged.chain.insert(forged.chain.end(), m_good.chain.begin(), m_good.chain.end());
  return forged;
}

std::optional<tls::Identity> Forger::make(Id id) const {
  switch (id) {
    case Id::p2:
      return self_signed_copy();
    case Id::p3:
      return under_rogue_ca();
    case Id::p4:
      return named_as_anchor();
    case Id::p5:
      return flipped_signature();
    case Id::p6:
      return wrong_key();
    case Id::e6:
      return signed_by_good();
    default:
      return std::nullopt;
  }
}

}  // namespace mtls::probe
