// A CA whose certificates tests put into a ledger.
#pragma once

#include "crypto/private_key.hpp"
#include "crypto/signer.hpp"
#include "lib/store/ledger_fixture.hpp"
#include "x509/tbs_certificate.hpp"

namespace mtls::store::test {

/// A root with a key, and what it signs.
struct ForeignCa {
  ossl::Context context = ossl::Context::process_default(ossl::Configuration::none);
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeySpec::parse("ed25519").value(),
                                                        crypto::Keygen::standard, context);
  x509::Name name = x509::Name::parse("CN=foreign");

  [[nodiscard]] x509::Certificate sign(std::uint64_t number, const std::string& subject) const {
    const x509::TbsCertificate tbs{
        .serial = serial(number),
        .signature = crypto::SignatureAlgorithm::ed25519,
        .issuer = name,
        .validity = {.not_before = at(0), .not_after = at(86400)},
        .subject = x509::Name::parse(subject),
        .public_key = key.public_key(),
        .extensions = {x509::encode_subject_key_identifier(key.public_key().key_identifier())}};
    const Bytes octets = tbs.to_der();
    return x509::wrap(octets, tbs.signature, key.sign(tbs.signature, octets));
  }
};

}  // namespace mtls::store::test
