#include "crypto/private_key.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/key_bounds.hpp"
#include "crypto/key_oid.hpp"
#include "crypto/pbes2.hpp"
#include "crypto/private_key_data.hpp"
#include "crypto/rsa_numbers.hpp"
#include "der/pem.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/core_names.h>

#include <array>
#include <string>

namespace mtls::crypto {
namespace {

constexpr std::size_t k_passphrase_most = 1023;

/// What EVP_PKEY_generate needs to know of a kind.
class GenerationParameters final {
 public:
  explicit GenerationParameters(const KeySpec& spec) : m_bits(spec.bits()) {
    std::size_t used = 0;
    if (spec.type() == KeyType::rsa) {
      m_type = "RSA";
      m_parameters[used++] = OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_RSA_BITS, &m_bits);
    } else if (spec.type() == KeyType::ec) {
      m_type = "EC";
      m_group = curve_name(spec.curve().value());
      m_parameters[used++] =
          OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, m_group.data(), 0);
    }
    m_parameters[used] = OSSL_PARAM_construct_end();
  }
  GenerationParameters(const GenerationParameters&) = delete;
  GenerationParameters& operator=(const GenerationParameters&) = delete;
  ~GenerationParameters() = default;

  [[nodiscard]] const OSSL_PARAM* get() const noexcept { return m_parameters.data(); }
  [[nodiscard]] const char* type() const noexcept { return m_type; }

 private:
  const char* m_type = "ED25519";
  std::size_t m_bits;
  std::string m_group;
  std::array<OSSL_PARAM, 2> m_parameters{};
};

KeyPair generate_with_provider(const KeySpec& spec, const ossl::Context& context) {
  const GenerationParameters parameters(spec);
  const ossl::Handle<EVP_PKEY_CTX> maker(
      EVP_PKEY_CTX_new_from_name(context.get(), parameters.type(), context.properties()));
  if (!maker) {
    ossl::throw_unavailable(format("{} keys", parameters.type()));
  }
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_keygen_init(maker.get()) != 1 ||
      EVP_PKEY_CTX_set_params(maker.get(), parameters.get()) != 1 ||
      EVP_PKEY_generate(maker.get(), &key) != 1) {
    ossl::throw_error(Errc::io, format("libcrypto cannot make a key of kind {}", spec.to_text()));
  }
  ossl::Handle<EVP_PKEY> evp(key);
  PublicKey public_key = read_public_key(*evp, spec.type(), spec.curve());
  return {.evp = std::move(evp), .public_key = std::move(public_key)};
}

KeyPair generate_rsa(unsigned bits, const ossl::Context& context) {
  const RsaNumbers numbers = generate_rsa_numbers(bits, context);
  auto evp = make_rsa_pkey(numbers, context);
  if (!evp) ossl::throw_error(Errc::internal, "libcrypto refuses the RSA key made of its primes");
  PublicKey public_key = read_public_key(*evp, KeyType::rsa, std::nullopt);
  return {.evp = std::move(evp), .public_key = std::move(public_key)};
}

/// A new key must verify what it signs (FIPS 140-3's pairwise consistency test).
void require_consistent(const EvpKey& key, const KeySpec& spec) {
  constexpr std::string_view k_message = "pairwise consistency";
  const auto algorithm = signature_algorithm(spec.type(), default_digest(spec));
  const Bytes signature = sign_with(key, algorithm, as_bytes(k_message));
  if (!verify_with(key, algorithm, as_bytes(k_message), signature)) {
    throw Error(Errc::faulty_signature, "the new key does not verify its own signature",
                "the machine computes wrongly; make no keys on it");
  }
}

void require_allowed(const KeySpec& spec) {
  if (spec.type() != KeyType::rsa) return;
  if (spec.bits() < k_rsa_least_bits || spec.bits() > k_rsa_most_bits || spec.bits() % 8 != 0) {
    throw Error(Errc::weak_key,
                format("RSA keys of {} bits are not made, only whole octets from {} to {}",
                       spec.bits(), k_rsa_least_bits, k_rsa_most_bits));
  }
}

}  // namespace

PrivateKey PrivateKey::generate(const KeySpec& spec, Keygen keygen, const ossl::Context& context) {
  require_allowed(spec);
  // A FIPS module vouches only for keys that it made itself.
  const bool own_primes = spec.type() == KeyType::rsa && keygen == Keygen::standard &&
                          EVP_default_properties_is_fips_enabled(context.get()) != 1;
  KeyPair pair =
      own_primes ? generate_rsa(spec.bits(), context) : generate_with_provider(spec, context);
  auto data = std::make_shared<const Data>(std::move(pair), context);
  require_consistent(data->evp, spec);
  return PrivateKey(std::move(data));
}

SecretBytes PrivateKey::to_pkcs8_pem() const {
  return der::to_secret_pem("PRIVATE KEY",
                            write_pkcs8(*m_data->evp.get(), m_data->public_key).view());
}

SecretBytes PrivateKey::to_pkcs8_pem(ByteView passphrase) const {
  if (passphrase.empty() || passphrase.size() > k_passphrase_most) {
    throw Error(Errc::usage, format("a passphrase has 1 to {} octets", k_passphrase_most));
  }
  const SecretBytes plain = write_pkcs8(*m_data->evp.get(), m_data->public_key);
  return der::to_secret_pem(
      "ENCRYPTED PRIVATE KEY",
      encrypt_pbes2(plain.view(), passphrase, m_data->evp.library(), m_data->evp.properties()));
}

const PublicKey& PrivateKey::public_key() const noexcept { return m_data->public_key; }

Bytes PrivateKey::sign(SignatureAlgorithm algorithm, ByteView message) const {
  if (key_type(algorithm) != m_data->public_key.spec()->type()) {
    throw Error(Errc::internal, format("{} does not fit a key of kind {}", name(algorithm),
                                       m_data->public_key.description()));
  }
  return sign_with(m_data->evp, algorithm, message);
}

}  // namespace mtls::crypto
