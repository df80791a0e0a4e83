#include "crypto/pbes2.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/digest.hpp"
#include "der/writer.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include <array>

namespace mtls::crypto {
namespace {

constexpr std::uint64_t k_written_rounds = 600'000;  // OWASP's number for HMAC-SHA256 since 2023
constexpr PbesCipher k_written_cipher{.name = "AES-256-CBC", .key_size = 32, .block_size = 16};
constexpr std::size_t k_written_salt = 16;

/// Where fetches go.
struct Library {
  OSSL_LIB_CTX* context;
  const char* properties;
};

OSSL_PARAM octets(const char* name, ByteView value) {
  static constexpr std::uint8_t k_nothing = 0;  // a null pointer would mean "not given"
  const std::uint8_t* const data = value.empty() ? &k_nothing : value.data();
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(data), value.size());
}

SecretBytes run_kdf(const char* name, const OSSL_PARAM* parameters, std::size_t size,
                    const Library& library) {
  const ossl::Handle<EVP_KDF> method(EVP_KDF_fetch(library.context, name, library.properties));
  if (!method) {
    ossl::throw_unavailable(name);
  }
  const ossl::Handle<EVP_KDF_CTX> context(
      ossl::require_pointer(EVP_KDF_CTX_new(method.get()), "EVP_KDF_CTX_new"));
  SecretBytes key(size);
  if (EVP_KDF_derive(context.get(), key.data(), key.size(), parameters) != 1) {
    ossl::throw_error(Errc::io, format("libcrypto cannot derive a key with {}", name));
  }
  return key;
}

SecretBytes derive(const Pbkdf2& kdf, std::size_t size, ByteView passphrase,
                   const Library& library) {
  std::string digest = kdf.digest;
  std::uint64_t rounds = kdf.rounds;
  int unchecked = 1;  // files of others may have less than SP 800-132 asks for
  const std::array parameters{
      octets(OSSL_KDF_PARAM_PASSWORD, passphrase),
      octets(OSSL_KDF_PARAM_SALT, kdf.salt),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &rounds),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &unchecked),
      OSSL_PARAM_construct_end()};
  return run_kdf("PBKDF2", parameters.data(), size, library);
}

SecretBytes derive(const Scrypt& kdf, std::size_t size, ByteView passphrase,
                   const Library& library) {
  std::uint64_t cost = kdf.cost;
  std::uint32_t block_size = kdf.block_size;
  std::uint32_t lanes = kdf.lanes;
  // libcrypto's own limit counts a little more than N*r*128.
  std::uint64_t memory = 3 * k_most_scrypt_octets;
  const std::array parameters{octets(OSSL_KDF_PARAM_PASSWORD, passphrase),
                              octets(OSSL_KDF_PARAM_SALT, kdf.salt),
                              OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &cost),
                              OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &block_size),
                              OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &lanes),
                              OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
                              OSSL_PARAM_construct_end()};
  return run_kdf("SCRYPT", parameters.data(), size, library);
}

enum class Direction : int { decrypt = 0, encrypt = 1 };

/// Returns what the cipher makes of `input`; nothing where the last step refuses (the padding).
std::optional<SecretBytes> run_cipher(const PbesCipher& cipher, const SecretBytes& key, ByteView iv,
                                      ByteView input, Direction direction, const Library& library) {
  const ossl::Handle<EVP_CIPHER> method(
      EVP_CIPHER_fetch(library.context, cipher.name, library.properties));
  if (!method) {
    ossl::throw_unavailable(cipher.name);
  }
  const ossl::Handle<EVP_CIPHER_CTX> context(
      ossl::require_pointer(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new"));
  SecretBytes output(input.size() + cipher.block_size);
  int first = 0;
  int last = 0;
  ossl::require(EVP_CipherInit_ex2(context.get(), method.get(), key.view().data(), iv.data(),
                                   static_cast<int>(direction), nullptr) == 1 &&
                    EVP_CipherUpdate(context.get(), output.data(), &first, input.data(),
                                     static_cast<int>(input.size())) == 1,
                "EVP_CipherUpdate");
  if (EVP_CipherFinal_ex(context.get(), output.data() + first, &last) != 1) {
    ossl::clear_queue();
    return std::nullopt;
  }
  output.truncate(static_cast<std::size_t>(first) + static_cast<std::size_t>(last));
  return output;
}

/// AlgorithmIdentifier of what is written.
void write_algorithm(der::Writer& writer, ByteView salt, ByteView iv) {
  writer.sequence([&](der::Writer& algorithm) {
    algorithm.oid(der::oid("1.2.840.113549.1.5.13")).sequence([&](der::Writer& scheme) {
      scheme.sequence([&](der::Writer& derivation) {
        derivation.oid(der::oid("1.2.840.113549.1.5.12")).sequence([&](der::Writer& pbkdf2) {
          pbkdf2.octet_string(salt).integer(k_written_rounds).sequence([](der::Writer& prf) {
            prf.oid(der::oid("1.2.840.113549.2.9")).null();
          });
        });
      });
      scheme.sequence([&](der::Writer& encryption) {
        encryption.oid(der::oid("2.16.840.1.101.3.4.1.42")).octet_string(iv);
      });
    });
  });
}

}  // namespace

std::optional<SecretBytes> decrypt_pbes2(const Pbes2& scheme, ByteView ciphertext,
                                         ByteView passphrase, OSSL_LIB_CTX* library,
                                         const char* properties) {
  if (ciphertext.empty() || ciphertext.size() % scheme.cipher.block_size != 0) {
    throw Error(Errc::malformed, "malformed encrypted private key: not whole blocks");
  }
  const Library where{.context = library, .properties = properties};
  const SecretBytes key = std::visit(
      [&](const auto& kdf) { return derive(kdf, scheme.cipher.key_size, passphrase, where); },
      scheme.derivation);
  return run_cipher(scheme.cipher, key, scheme.iv, ciphertext, Direction::decrypt, where);
}

Bytes encrypt_pbes2(ByteView plain, ByteView passphrase, OSSL_LIB_CTX* library,
                    const char* properties) {
  std::array<std::uint8_t, k_written_salt> salt{};
  std::array<std::uint8_t, k_written_cipher.block_size> iv{};
  fill_random(salt);
  fill_random(iv);
  const Library where{.context = library, .properties = properties};
  const SecretBytes key =
      derive(Pbkdf2{.salt = salt, .rounds = k_written_rounds, .digest = "SHA2-256"},
             k_written_cipher.key_size, passphrase, where);
  const auto ciphertext = run_cipher(k_written_cipher, key, iv, plain, Direction::encrypt, where);
  ossl::require(ciphertext.has_value(), "EVP_CipherFinal_ex");

  der::Writer info;
  info.sequence([&](der::Writer& writer) {
    write_algorithm(writer, salt, iv);
    writer.octet_string(ciphertext->view());
  });
  return std::move(info).take();
}

}  // namespace mtls::crypto
