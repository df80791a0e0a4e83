#include "crypto/weak_crypto.hpp"

#include "crypto/private_key_data.hpp"
#include "crypto/rsa_numbers.hpp"
#include "der/writer.hpp"
#include "ossl/openssl_error.hpp"

namespace mtls::crypto {
namespace {

/// The whole AlgorithmIdentifier; empty for Ed25519.
Bytes sha1_algorithm_identifier(KeyType type) {
  constexpr std::string_view k_rsa_sha1 = "1.2.840.113549.1.1.5";  // RFC 3279 section 2.2.1
  constexpr std::string_view k_ecdsa_sha1 = "1.2.840.10045.4.1";   // section 2.2.3
  if (type == KeyType::ed25519) return {};
  const auto id = der::Oid::parse(type == KeyType::rsa ? k_rsa_sha1 : k_ecdsa_sha1);
  der::Writer writer;
  writer.sequence([type, &id](der::Writer& algorithm) {
    algorithm.oid(id.value());
    if (type == KeyType::rsa) algorithm.null();
  });
  return std::move(writer).take();
}

ossl::Handle<EVP_MD_CTX> make_digest_context() {
  return ossl::Handle<EVP_MD_CTX>(ossl::require_pointer(EVP_MD_CTX_new(), "EVP_MD_CTX_new"));
}

class Sha1Signer final : public AnySigner {
 public:
  explicit Sha1Signer(PrivateKey key)
      : m_key(std::move(key)),
        m_algorithm(sha1_algorithm_identifier(m_key.public_key().spec()->type())) {}

  [[nodiscard]] const PublicKey& public_key() const noexcept override { return m_key.public_key(); }
  [[nodiscard]] ByteView algorithm_identifier() const noexcept override { return m_algorithm; }
  [[nodiscard]] Bytes sign(ByteView message) const override {
    const auto evp = m_key.share_evp_key();
    const auto context = make_digest_context();
    Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(evp.get())));
    std::size_t size = signature.size();
    if (EVP_DigestSignInit_ex(context.get(), nullptr, "SHA1", nullptr, nullptr, evp.get(),
                              nullptr) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) !=
            1) {
      ossl::throw_error(Errc::unsupported, "this system does not sign with SHA-1");
    }
    signature.resize(size);
    return signature;
  }

 private:
  PrivateKey m_key;
  Bytes m_algorithm;
};

bool verify_sha1_signature(const PublicKey& key, ByteView message, ByteView signature,
                           const ossl::Context& context) {
  const auto evp = find_evp_key(key, context);
  if (!evp) return false;
  const auto digest = make_digest_context();
  const bool good = EVP_DigestVerifyInit_ex(digest.get(), nullptr, "SHA1", evp->library(),
                                            evp->properties(), evp->get(), nullptr) == 1 &&
                    EVP_DigestVerify(digest.get(), signature.data(), signature.size(),
                                     message.data(), message.size()) == 1;
  ossl::clear_queue();
  return good;
}

}  // namespace

PrivateKey PrivateKey::generate_weak(const ossl::Context& context) {
  constexpr unsigned k_bits = 1024;
  auto evp = make_rsa_pkey(generate_rsa_numbers(k_bits, context), context);
  if (!evp) ossl::throw_error(Errc::unsupported, "libcrypto refuses an RSA key of 1,024 bits");
  PublicKey public_key = read_public_key(*evp, KeyType::rsa, std::nullopt);
  return PrivateKey(std::make_shared<const Data>(
      KeyPair{.evp = std::move(evp), .public_key = std::move(public_key)}, context));
}

PrivateKey make_rsa_1024(const ossl::Context& context) {
  return PrivateKey::generate_weak(context);
}

std::unique_ptr<AnySigner> make_sha1_signer(const PrivateKey& key) {
  if (key.public_key().spec()->type() == KeyType::ed25519) return nullptr;
  return std::make_unique<Sha1Signer>(key);
}

bool verify_any_signature(const PublicKey& key, ByteView algorithm, ByteView message,
                          ByteView signature, const ossl::Context& context) {
  if (const auto accepted = find_signature_algorithm(algorithm)) {
    return verify_signature(key, *accepted, message, signature, context);
  }
  const auto spec = key.spec();
  if (!spec || algorithm.empty() || !equal(algorithm, sha1_algorithm_identifier(spec->type()))) {
    return false;
  }
  return verify_sha1_signature(key, message, signature, context);
}

}  // namespace mtls::crypto
