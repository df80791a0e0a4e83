// Password-based encryption of private keys (RFC 8018, RFC 7914). Private to this room.
#pragma once

#include "base/secret.hpp"
#include "der/reader.hpp"
#include "ossl/context.hpp"

#include <optional>
#include <variant>

namespace mtls::crypto {

/// What a file may ask for; more is refused before any work.
inline constexpr std::uint64_t k_most_rounds = 10'000'000;
inline constexpr std::uint64_t k_most_scrypt_octets = std::uint64_t{32} << 20U;
inline constexpr std::uint64_t k_most_scrypt_lanes = 16;
inline constexpr std::size_t k_most_salt = 1024;

/// PBKDF2-params (RFC 8018 appendix A.2); `digest` is libcrypto's name of the PRF's.
struct Pbkdf2 {
  ByteView salt;
  std::uint64_t rounds;
  const char* digest;
};

/// scrypt-params (RFC 7914 section 7).
struct Scrypt {
  ByteView salt;
  std::uint64_t cost;
  std::uint32_t block_size;
  std::uint32_t lanes;
};

/// A cipher that PBES2 is read with, all in CBC mode with PKCS#7 padding.
struct PbesCipher {
  const char* name;  // libcrypto's
  std::size_t key_size;
  std::size_t block_size;
  bool outdated = false;  // only OpenSSL's legacy provider has it
};

/// PBES2-params (RFC 8018 appendix A.4), within the limits above; views into what was read.
struct Pbes2 {
  std::variant<Pbkdf2, Scrypt> derivation;
  PbesCipher cipher;
  ByteView iv;
};

/// Reads PBES2-params. Throws malformed, unsupported (another derivation, PRF or cipher) and
/// hostile_key_derivation.
[[nodiscard]] Pbes2 read_pbes2(der::Reader parameters);

/// Throws hostile_key_derivation where there are more than k_most_rounds.
void require_bearable_rounds(std::uint64_t rounds);

/// Returns what `ciphertext` holds; nothing where the padding is not right, so that the passphrase
/// is wrong. Throws malformed where it is not whole blocks.
[[nodiscard]] std::optional<SecretBytes> decrypt_pbes2(const Pbes2& scheme, ByteView ciphertext,
                                                       ByteView passphrase, OSSL_LIB_CTX* library,
                                                       const char* properties);

/// Returns EncryptedPrivateKeyInfo of `plain` with AES-256-CBC and PBKDF2-HMAC-SHA256, 600,000
/// rounds, new salt and IV.
[[nodiscard]] Bytes encrypt_pbes2(ByteView plain, ByteView passphrase, OSSL_LIB_CTX* library,
                                  const char* properties);

}  // namespace mtls::crypto
