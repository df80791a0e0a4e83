// What the tests of certificates, requests and CRLs share: hex, error codes, and keys made once.
#pragma once

#include "base/error.hpp"
#include "base/time_text.hpp"
#include "crypto/private_key.hpp"
#include "crypto/signer.hpp"
#include "lib/x509/thrown.hpp"
#include "x509/tbs_certificate.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mtls::x509::test {

/// The code of the Error that `work` throws, or nothing where it throws none.
template <class Work>
std::optional<Errc> code_of(Work&& work) {
  const auto error = thrown(work);
  return error ? std::optional(error->code()) : std::nullopt;
}

/// Octets from hex with blanks in it.
inline Bytes hex(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ' && c != '\n') digits += c;
  }
  return from_hex(digits).value();
}

inline UnixTime at(std::string_view rfc3339) { return parse_rfc3339(rfc3339).value(); }

inline const ossl::Context& context() {
  static const ossl::Context instance =
      ossl::Context::process_default(ossl::Configuration::openssl);
  return instance;
}

/// A signer with a key of that kind, made once per run, and the digest that goes with it.
inline const crypto::Signer& signer(const crypto::KeySpec& spec) {
  static std::map<std::string, std::unique_ptr<crypto::Signer>> signers;
  auto& slot = signers[spec.to_text()];
  if (!slot) {
    slot = std::make_unique<crypto::SoftwareSigner>(
        crypto::PrivateKey::generate(spec, crypto::Keygen::standard, context()),
        crypto::signature_algorithm(spec.type(), crypto::default_digest(spec)));
  }
  return *slot;
}

inline const crypto::Signer& p256_signer() {
  return signer(crypto::KeySpec::ec(crypto::Curve::p256));
}

/// A self-issued leaf with the few extensions that every leaf has.
inline TbsCertificate sample_tbs() {
  const crypto::PublicKey& key = p256_signer().public_key();
  return {.serial = SerialNumber::parse("0a0b0c").value(),
          .signature = p256_signer().algorithm(),
          .issuer = Name::parse("CN=sample,O=mtls"),
          .validity = {.not_before = at("2026-01-01T00:00:00Z"),
                       .not_after = at("2026-12-31T23:59:59Z")},
          .subject = Name::parse("CN=sample,O=mtls"),
          .public_key = key,
          .extensions = {encode(BasicConstraints{BasicConstraints::Subject::end_entity, {}},
                                Criticality::critical),
                         encode_subject_key_identifier(key.key_identifier())}};
}

inline Certificate sign(const TbsCertificate& tbs, const crypto::Signer& by = p256_signer()) {
  const Bytes der = tbs.to_der();
  return wrap(der, by.algorithm(), by.sign(der));
}

}  // namespace mtls::x509::test
