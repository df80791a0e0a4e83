#include "authority/expected.hpp"

#include "authority/wanted.hpp"
#include "base/error.hpp"

namespace mtls::authority {
namespace {

/// A CA's public half: names the key and the algorithm, and cannot sign.
class PublicHalf final : public crypto::Signer {
 public:
  PublicHalf(const crypto::PublicKey& key, std::optional<crypto::Digest> digest)
      : m_key(key), m_algorithm(choose_algorithm(key, digest)) {}
  [[nodiscard]] const crypto::PublicKey& public_key() const noexcept override { return m_key; }
  [[nodiscard]] crypto::SignatureAlgorithm algorithm() const noexcept override {
    return m_algorithm;
  }
  [[nodiscard]] Bytes sign(ByteView /*message*/) const override {
    throw Error(Errc::internal, "a public key was asked to sign");
  }
  [[nodiscard]] unsigned max_parallel() const noexcept override { return 1; }

 private:
  static crypto::SignatureAlgorithm choose_algorithm(const crypto::PublicKey& key,
                                                     std::optional<crypto::Digest> digest) {
    const auto spec = key.spec();
    if (!spec) throw Error(Errc::unsupported, "this kind of key cannot sign certificates");
    return crypto::signature_algorithm(spec->type(),
                                       digest.value_or(crypto::default_digest(*spec)));
  }
  crypto::PublicKey m_key;
  crypto::SignatureAlgorithm m_algorithm;
};

}  // namespace

x509::Certificate expected_certificate(const x509::Certificate& existing,
                                       const Standing& standing) {
  const EnrolRequest& request = standing.request;
  ca::Request expected = wanted_certificate(request, standing.profile, existing.public_key());
  if (!request.subject && !request.csr) expected.subject = existing.subject();
  // The length is compared with the beginning of the certificate, not with that of one made now.
  expected.period.reset();
  expected.not_after.reset();
  expected.past_issuer = ca::ValidityPast::clip;

  const auto& chain = request.issuer_chain;
  const PublicHalf signer(chain.empty() ? existing.public_key() : chain.front().public_key(),
                          standing.profile.digest);
  const ca::Issuer issuer =
      chain.empty() ? ca::Issuer::for_new_root(signer, standing.ledger, standing.surroundings)
                    : ca::Issuer(signer, chain, standing.ledger, standing.surroundings);
  return issuer.prepare({&expected, 1}, standing.profile).front().unsigned_certificate();
}

}  // namespace mtls::authority
