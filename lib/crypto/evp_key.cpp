#include "crypto/evp_key.hpp"

#include "base/format.hpp"
#include "crypto/key_oid.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/core_names.h>

namespace mtls::crypto {
namespace {

/// The digest's name for EVP_DigestSignInit_ex; null for Ed25519, which has its own.
const char* digest_name(SignatureAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case SignatureAlgorithm::rsa_sha256:
    case SignatureAlgorithm::ecdsa_sha256:
      return "SHA2-256";
    case SignatureAlgorithm::rsa_sha384:
    case SignatureAlgorithm::ecdsa_sha384:
      return "SHA2-384";
    case SignatureAlgorithm::rsa_sha512:
    case SignatureAlgorithm::ecdsa_sha512:
      return "SHA2-512";
    case SignatureAlgorithm::ed25519:
      break;
  }
  return nullptr;
}

ossl::Handle<EVP_MD_CTX> new_context() {
  return ossl::Handle<EVP_MD_CTX>(ossl::require_pointer(EVP_MD_CTX_new(), "EVP_MD_CTX_new"));
}

ossl::Handle<OSSL_PARAM_BLD> new_builder() {
  return ossl::Handle<OSSL_PARAM_BLD>(
      ossl::require_pointer(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new"));
}

ossl::Handle<EVP_PKEY> make_rsa_public(const RsaPublicNumbers& numbers,
                                       const ossl::Context& context) {
  const auto modulus = make_number(numbers.modulus);
  const auto exponent = make_number(numbers.exponent);
  const auto builder = new_builder();
  ossl::require(
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
          OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1,
      "OSSL_PARAM_BLD_push_BN");
  const ossl::Handle<OSSL_PARAM> parameters(
      ossl::require_pointer(OSSL_PARAM_BLD_to_param(builder.get()), "OSSL_PARAM_BLD_to_param"));
  return make_evp_pkey("RSA", EVP_PKEY_PUBLIC_KEY, parameters.get(), context);
}

/// An octet string parameter for data that libcrypto only reads.
OSSL_PARAM octets_parameter(const char* name, ByteView octets) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(octets.data()),
                                           octets.size());
}

}  // namespace

EvpKey::EvpKey(ossl::Handle<EVP_PKEY> key, const ossl::Context& context)
    : m_key(std::move(key)),
      m_library(context.get()),
      m_properties(context.properties() != nullptr ? context.properties() : "") {}

ossl::Handle<EVP_MD_CTX> EvpKey::make_context(SignatureAlgorithm algorithm, Use use) const {
  const std::size_t index =
      static_cast<std::size_t>(algorithm) * 2 + (use == Use::verify ? 1U : 0U);
  const EVP_MD_CTX* prepared = nullptr;
  {
    const std::lock_guard lock(m_mutex);
    ossl::Handle<EVP_MD_CTX>& slot = m_prepared.at(index);
    if (!slot) {
      auto fresh = new_context();
      const auto initialise = use == Use::sign ? EVP_DigestSignInit_ex : EVP_DigestVerifyInit_ex;
      if (initialise(fresh.get(), nullptr, digest_name(algorithm), m_library, properties(),
                     m_key.get(), nullptr) != 1) {
        return nullptr;
      }
      slot = std::move(fresh);
    }
    prepared = slot.get();  // never replaced, so that it may be copied outside the lock
  }
  auto copy = new_context();
  ossl::require(EVP_MD_CTX_copy_ex(copy.get(), prepared) == 1, "EVP_MD_CTX_copy_ex");
  return copy;
}

ossl::Handle<EVP_PKEY> make_evp_pkey(const char* type, int selection, OSSL_PARAM* parameters,
                                     const ossl::Context& context) {
  const ossl::Handle<EVP_PKEY_CTX> maker(
      EVP_PKEY_CTX_new_from_name(context.get(), type, context.properties()));
  if (!maker || EVP_PKEY_fromdata_init(maker.get()) != 1) {
    ossl::throw_unavailable(format("{} keys", type));
  }
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(maker.get(), &key, selection, parameters) != 1) return nullptr;
  return ossl::Handle<EVP_PKEY>(key);
}

ossl::Handle<EVP_PKEY> make_evp_public(const PublicKey& key, const ossl::Context& context) {
  const std::optional<KeySpec> spec = key.spec();
  if (!spec) return nullptr;
  switch (spec->type()) {
    case KeyType::rsa:
      return make_rsa_public(key.rsa().value(), context);
    case KeyType::ec: {
      std::string group = curve_name(spec->curve().value());
      std::array parameters{
          OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
          octets_parameter(OSSL_PKEY_PARAM_PUB_KEY, key.key_bits()), OSSL_PARAM_construct_end()};
      return make_evp_pkey("EC", EVP_PKEY_PUBLIC_KEY, parameters.data(), context);
    }
    case KeyType::ed25519: {
      std::array parameters{octets_parameter(OSSL_PKEY_PARAM_PUB_KEY, key.key_bits()),
                            OSSL_PARAM_construct_end()};
      return make_evp_pkey("ED25519", EVP_PKEY_PUBLIC_KEY, parameters.data(), context);
    }
  }
  return nullptr;
}

ossl::Handle<BIGNUM> make_number(ByteView magnitude) {
  return ossl::Handle<BIGNUM>(ossl::require_pointer(
      BN_bin2bn(magnitude.data(), static_cast<int>(magnitude.size()), nullptr), "BN_bin2bn"));
}

ossl::Handle<BIGNUM> make_secret_number(ByteView magnitude) {
  ossl::Handle<BIGNUM> number(ossl::require_pointer(BN_secure_new(), "BN_secure_new"));
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  ossl::require(
      BN_bin2bn(magnitude.data(), static_cast<int>(magnitude.size()), number.get()) != nullptr,
      "BN_bin2bn");
  return number;
}

Bytes sign_with(const EvpKey& key, SignatureAlgorithm algorithm, ByteView message) {
  const auto context = key.make_context(algorithm, EvpKey::Use::sign);
  const int limit = EVP_PKEY_get_size(key.get());
  Bytes signature(limit > 0 ? static_cast<std::size_t>(limit) : 0);
  std::size_t size = signature.size();
  if (!context || signature.empty() ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    ossl::throw_error(Errc::io, format("libcrypto cannot sign with {}", name(algorithm)));
  }
  signature.resize(size);
  return signature;
}

bool verify_with(const EvpKey& key, SignatureAlgorithm algorithm, ByteView message,
                 ByteView signature) {
  const auto context = key.make_context(algorithm, EvpKey::Use::verify);
  if (!context) {
    ossl::throw_unavailable(name(algorithm));
  }
  // 0 is a wrong signature, a negative number one that is not even of its form: both are "no".
  const bool good = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                     message.data(), message.size()) == 1;
  if (!good) ossl::clear_queue();
  return good;
}

KeyType key_type(SignatureAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case SignatureAlgorithm::rsa_sha256:
    case SignatureAlgorithm::rsa_sha384:
    case SignatureAlgorithm::rsa_sha512:
      return KeyType::rsa;
    case SignatureAlgorithm::ecdsa_sha256:
    case SignatureAlgorithm::ecdsa_sha384:
    case SignatureAlgorithm::ecdsa_sha512:
      return KeyType::ec;
    case SignatureAlgorithm::ed25519:
      break;
  }
  return KeyType::ed25519;
}

}  // namespace mtls::crypto
