#include "crypto/weak_crypto.hpp"

#include "crypto/private_key_data.hpp"
#include "crypto/rsa_numbers.hpp"
#include "der/writer.hpp"
#include "ossl/openssl_error.hpp"

namespace mtls::crypto {

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

std::optional<Bytes> sha1_algorithm_identifier(KeyType type) {
  constexpr std::string_view k_rsa_sha1 = "1.2.840.113549.1.1.5";  // RFC 3279 section 2.2.1
  constexpr std::string_view k_ecdsa_sha1 = "1.2.840.10045.4.1";   // section 2.2.3
  if (type == KeyType::ed25519) return std::nullopt;
  const auto id = der::Oid::parse(type == KeyType::rsa ? k_rsa_sha1 : k_ecdsa_sha1);
  der::Writer writer;
  writer.sequence([type, &id](der::Writer& algorithm) {
    algorithm.oid(id.value());
    if (type == KeyType::rsa) algorithm.null();
  });
  return std::move(writer).take();
}

std::optional<Bytes> sign_sha1(const PrivateKey& key, ByteView message) {
  if (key.public_key().spec()->type() == KeyType::ed25519) return std::nullopt;
  const auto evp = key.share_evp_key();
  const ossl::Handle<EVP_MD_CTX> context(ossl::require_pointer(EVP_MD_CTX_new(), "EVP_MD_CTX_new"));
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(evp.get())));
  std::size_t size = signature.size();
  if (EVP_DigestSignInit_ex(context.get(), nullptr, "SHA1", nullptr, nullptr, evp.get(), nullptr) !=
          1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    ossl::clear_queue();
    return std::nullopt;
  }
  signature.resize(size);
  return signature;
}

}  // namespace mtls::crypto
