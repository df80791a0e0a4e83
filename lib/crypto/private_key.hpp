// Private keys in software: made, read from PEM or DER, written as PKCS#8.
#pragma once

#include "base/secret.hpp"
#include "crypto/key_spec.hpp"
#include "crypto/public_key.hpp"
#include "ossl/context.hpp"
#include "ossl/handle.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mtls::crypto {

/// Who finds the primes of an RSA key.
enum class Keygen {
  standard,  ///< the library's own prime search, p and q on two threads (FIPS 186-5 A.1.3
             ///< conditions)
  provider,  ///< EVP_PKEY_generate: whatever provider, FIPS module or token serves the context
};

/// Whether PBES1 and the encrypted keys of RFC 1421's form (Proc-Type) may be read.
enum class LegacyKeys { refuse, allow };

/// Whether a passphrase is asked for the first time, or because the one before was wrong.
enum class Attempt { first, again };

/// Asked for a passphrase only if the key is encrypted, and again after one that was wrong; nothing
/// means that there is none (any more).
using PassphraseSource = std::function<std::optional<SecretBytes>(Attempt)>;

/// A private key. Cheap to copy (shared, immutable), safe to use from threads; its parts are
/// cleared when the last copy goes. No member gives out private parts but `to_pkcs8_pem`.
class PrivateKey final {
 public:
  /// Makes a key and has it verify a signature of its own. RSA 4096 takes a second or so. Throws
  /// weak_key for RSA sizes that KeySpec::parse refuses, io where libcrypto cannot, unsupported
  /// where the context has no such algorithm, faulty_signature where the new key does not verify.
  [[nodiscard]] static PrivateKey generate(const KeySpec& spec, Keygen keygen,
                                           const ossl::Context& context);

  /// Reads the one private key in `text`, PEM (PKCS#8, encrypted PKCS#8, PKCS#1, SEC 1; other
  /// blocks such as certificates or EC PARAMETERS may stand beside it) or DER. `shown` names it in
  /// errors. Throws malformed, several_keys, wrong_passphrase (where the key is encrypted and
  /// `passphrase` has none: missing_value; neither has a hint: the caller knows its flag),
  /// hostile_key_derivation before any work (over 10,000,000 rounds, scrypt over 32 MiB, salt or
  /// output of absurd length), unsupported (PBES1 and RFC 1421 encryption unless allowed, other
  /// forms), key_mismatch where a foreign key's parts do not belong together, weak_key for other
  /// algorithms and curves and for an RSA key that nothing is computed with (under 512 bits, over
  /// 8,192, even). Whether the key may be certified is check_key's to say.
  [[nodiscard]] static PrivateKey from_file(ByteView text, std::string_view shown,
                                            const PassphraseSource& passphrase, LegacyKeys legacy,
                                            const ossl::Context& context);

  /// Returns a key that shows `public_key` and cannot sign for it: its private half is random. It
  /// is what a thief of a certificate has, for trying listeners out; libssl loads no key whose
  /// public half is not the certificate's. Throws unsupported for kinds that KeySpec has not.
  [[nodiscard]] static PrivateKey make_false(const PublicKey& public_key,
                                             const ossl::Context& context);

  /// Returns unencrypted PKCS#8 PEM ("PRIVATE KEY", RFC 5958).
  [[nodiscard]] SecretBytes to_pkcs8_pem() const;
  /// Returns PKCS#8 PEM encrypted with PBES2, AES-256-CBC, PBKDF2-HMAC-SHA256, 600,000 rounds, a
  /// 16-octet salt ("ENCRYPTED PRIVATE KEY", RFC 8018). `passphrase` is 1 to 1,023 octets.
  [[nodiscard]] SecretBytes to_pkcs8_pem(ByteView passphrase) const;

  [[nodiscard]] const PublicKey& public_key() const noexcept;

  /// Returns another reference to libcrypto's own object: for libssl, which signs with it by
  /// itself. Nothing but lib/tls asks for it.
  [[nodiscard]] ossl::Handle<EVP_PKEY> share_evp_key() const;

  /// Returns the signature over `message` by `algorithm`, which must fit the key's type. Throws
  /// io where libcrypto cannot.
  [[nodiscard]] Bytes sign(SignatureAlgorithm algorithm, ByteView message) const;

 private:
  struct Data;
  /// RSA of 1,024 bits: weak_crypto.hpp.
  [[nodiscard]] static PrivateKey generate_weak(const ossl::Context& context);
  friend PrivateKey make_rsa_1024(const ossl::Context& context);
  explicit PrivateKey(std::shared_ptr<const Data> data) : m_data(std::move(data)) {}
  std::shared_ptr<const Data> m_data;
};

/// True if `text` holds a private key that needs a passphrase (by its PEM label or PKCS#8 form);
/// does no key derivation.
[[nodiscard]] bool is_encrypted_key(ByteView text);

/// Returns words for the private key in `text` whatever its kind, also for those that from_file
/// refuses: "RSA 512", "EC secp256k1", "EC with explicit parameters (256 bits)", "DSA 2048",
/// "RSASSA-PSS 2048", "Ed448". Looks at its public parameters only. Nothing where it is encrypted,
/// malformed or in a form that is not PKCS #8, PKCS #1, SEC 1 or DSA's old one.
[[nodiscard]] std::optional<std::string> describe_private_key(ByteView text);

/// True if `text` holds a private key in any form, encrypted or not, readable here or not: one
/// glance at labels and tags, for those who are about to overwrite it.
[[nodiscard]] bool holds_private_key(ByteView text);

}  // namespace mtls::crypto
