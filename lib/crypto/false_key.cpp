// A key that bears somebody else's public half, and the way to libssl.
#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/digest.hpp"
#include "crypto/key_oid.hpp"
#include "crypto/private_key_data.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/core_names.h>

#include <array>

namespace mtls::crypto {
namespace {

ossl::Handle<OSSL_PARAM_BLD> new_builder() {
  return ossl::Handle<OSSL_PARAM_BLD>(
      ossl::require_pointer(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new"));
}

/// A random number of `size` octets, odd and not small.
ossl::Handle<BIGNUM> random_number(std::size_t size) {
  SecretBytes octets(size);
  fill_random({octets.data(), octets.size()});
  octets.data()[0] |= 0x40U;
  octets.data()[size - 1] |= 0x01U;
  return make_secret_number(octets.view());
}

ossl::Handle<EVP_PKEY> finish(const char* type, OSSL_PARAM_BLD* builder,
                              const ossl::Context& context) {
  const ossl::Handle<OSSL_PARAM> parameters(
      ossl::require_pointer(OSSL_PARAM_BLD_to_param(builder), "OSSL_PARAM_BLD_to_param"));
  return make_evp_pkey(type, EVP_PKEY_KEYPAIR, parameters.get(), context);
}

/// Without primes, libcrypto raises to `d` and has nothing to check the result with.
ossl::Handle<EVP_PKEY> make_false_rsa(const RsaPublicNumbers& numbers,
                                      const ossl::Context& context) {
  const auto modulus = make_number(numbers.modulus);
  const auto exponent = make_number(numbers.exponent);
  const auto wrong = random_number(numbers.modulus.size() - 1);
  const auto builder = new_builder();
  ossl::require(
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
          OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1 &&
          OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_D, wrong.get()) == 1,
      "OSSL_PARAM_BLD_push_BN");
  return finish("RSA", builder.get(), context);
}

ossl::Handle<EVP_PKEY> make_false_ec(Curve curve, ByteView point, const ossl::Context& context) {
  const auto scalar = random_number(field_size(curve) - 1);  // below the order for sure
  const auto builder = new_builder();
  ossl::require(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                                curve_name(curve), 0) == 1 &&
                    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                     point.data(), point.size()) == 1 &&
                    OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY,
                                               scalar.get(), field_size(curve)) == 1,
                "OSSL_PARAM_BLD_push");
  return finish("EC", builder.get(), context);
}

ossl::Handle<EVP_PKEY> make_false_ed25519(ByteView point, const ossl::Context& context) {
  std::array<std::uint8_t, 32> seed{};
  fill_random(seed);
  const auto builder = new_builder();
  ossl::require(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                 point.data(), point.size()) == 1 &&
                    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY,
                                                     seed.data(), seed.size()) == 1,
                "OSSL_PARAM_BLD_push");
  return finish("ED25519", builder.get(), context);
}

ossl::Handle<EVP_PKEY> make_false_evp(const PublicKey& key, const ossl::Context& context) {
  const auto spec = key.spec();
  if (!spec) return nullptr;
  switch (spec->type()) {
    case KeyType::rsa:
      return make_false_rsa(key.rsa().value(), context);
    case KeyType::ec:
      return make_false_ec(spec->curve().value(), key.key_bits(), context);
    case KeyType::ed25519:
      break;
  }
  return make_false_ed25519(key.key_bits(), context);
}

}  // namespace

PrivateKey PrivateKey::make_false(const PublicKey& public_key, const ossl::Context& context) {
  auto evp = make_false_evp(public_key, context);
  if (!evp) {
    ossl::throw_error(Errc::unsupported, format("a key that only looks like {} cannot be made",
                                                public_key.description()));
  }
  return PrivateKey(std::make_shared<const Data>(
      KeyPair{.evp = std::move(evp), .public_key = public_key}, context));
}

ossl::Handle<EVP_PKEY> PrivateKey::share_evp_key() const {
  ossl::require(EVP_PKEY_up_ref(m_data->evp.get()) == 1, "EVP_PKEY_up_ref");
  return ossl::Handle<EVP_PKEY>(m_data->evp.get());
}

}  // namespace mtls::crypto
