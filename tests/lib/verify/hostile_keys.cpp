#include "lib/verify/hostile_keys.hpp"

#include "der/writer.hpp"
#include "ossl/handle.hpp"

#include <openssl/rsa.h>

#include <stdexcept>

namespace mtls::verify::test {
namespace {

void require(bool succeeded, const char* call) {
  if (!succeeded) throw std::runtime_error(std::string("libcrypto failed: ") + call);
}

crypto::PublicKey public_half(EVP_PKEY* key) {
  unsigned char* out = nullptr;
  const int size = i2d_PUBKEY(key, &out);
  require(size > 0, "i2d_PUBKEY");
  const Bytes spki(out, out + size);
  OPENSSL_free(out);
  return crypto::PublicKey::from_spki(spki);
}

}  // namespace

crypto::PublicKey rsa_key(unsigned bits) {
  const ossl::Handle<EVP_PKEY> key(EVP_RSA_gen(bits));
  require(key != nullptr, "EVP_RSA_gen");
  return public_half(key.get());
}

crypto::PublicKey explicit_ec_key() {
  const ossl::Handle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  require(EVP_PKEY_keygen_init(context.get()) == 1, "EVP_PKEY_keygen_init");
  require(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) == 1 &&
              EVP_PKEY_CTX_set_ec_param_enc(context.get(), OPENSSL_EC_EXPLICIT_CURVE) == 1,
          "EVP_PKEY_CTX_set_ec_param_enc");
  EVP_PKEY* made = nullptr;
  require(EVP_PKEY_keygen(context.get(), &made) == 1, "EVP_PKEY_keygen");
  const ossl::Handle<EVP_PKEY> key(made);
  return public_half(key.get());
}

crypto::PublicKey giant_rsa_key(unsigned bits) {
  Bytes modulus(bits / 8, 0xa5);
  der::Writer numbers;
  numbers.sequence([&modulus](der::Writer& key) {
    key.unsigned_integer(modulus);
    key.integer(65537);
  });
  der::Writer spki;
  spki.sequence([&numbers](der::Writer& info) {
    info.sequence(
        [](der::Writer& algorithm) { algorithm.oid(der::oid("1.2.840.113549.1.1.1")).null(); });
    info.bit_string(numbers.view());
  });
  return crypto::PublicKey::from_spki(spki.view());
}

}  // namespace mtls::verify::test
