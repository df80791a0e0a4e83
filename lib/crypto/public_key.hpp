// A public key as it stands in a certificate: SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
#pragma once

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "crypto/key_spec.hpp"
#include "crypto/signature_algorithm.hpp"
#include "ossl/context.hpp"

#include <memory>
#include <string>

namespace mtls::crypto {

/// The numbers of an RSA key, big-endian without leading zeros.
struct RsaPublicNumbers {
  ByteView modulus;
  ByteView exponent;
};

class EvpKey;  // what libcrypto makes of a key; private to this room (evp_key.hpp)

/// Whether a key is of the kinds that KeySpec knows, and if not, why.
enum class KeyForm {
  known,            ///< RSA, EC on a curve of Curve, Ed25519
  other_algorithm,  ///< DSA, RSASSA-PSS, X25519 …
  explicit_curve,   ///< EC with its parameters spelt out (RFC 5480 section 2.1.1 forbids it)
  other_curve,      ///< EC on another named curve
};

/// A SubjectPublicKeyInfo that is DER. It may hold an algorithm that is never accepted (DSA,
/// explicit EC parameters, a giant modulus): `check_key` says so, without arithmetic on hostile
/// numbers. Immutable, cheap to copy, safe to read from threads.
class PublicKey final {
 public:
  /// Throws malformed where `spki` is not one SubjectPublicKeyInfo, or an RSA or EC key inside is
  /// not what its algorithm says.
  [[nodiscard]] static PublicKey from_spki(ByteView spki);

  /// The whole SubjectPublicKeyInfo.
  [[nodiscard]] ByteView spki() const noexcept;
  /// The content of the subjectPublicKey BIT STRING: what key identifiers are made of.
  [[nodiscard]] ByteView key_bits() const noexcept;
  /// Its kind; nothing for an algorithm or curve that is not among KeySpec's.
  [[nodiscard]] std::optional<KeySpec> spec() const noexcept;
  /// Why spec() is nothing.
  [[nodiscard]] KeyForm form() const noexcept;
  /// Words for any key: "RSA 4096", "EC P-256", "Ed25519", "DSA", "EC with explicit parameters",
  /// "algorithm 1.2.3".
  [[nodiscard]] std::string description() const;
  /// The numbers of an RSA key; views into this object.
  [[nodiscard]] std::optional<RsaPublicNumbers> rsa() const noexcept;
  /// SHA-256 of the SubjectPublicKeyInfo.
  [[nodiscard]] const Sha256& spki_hash() const noexcept;
  /// The subject key identifier of RFC 7093 section 2 method 1: the leftmost 160 bits of SHA-256 of
  /// key_bits(). (RFC 5280's own method 1 is SHA-1, which is not used here.)
  [[nodiscard]] Bytes key_identifier() const;

  bool operator==(const PublicKey& other) const noexcept;

 private:
  struct Data;
  explicit PublicKey(std::shared_ptr<const Data> data) : m_data(std::move(data)) {}
  friend std::shared_ptr<const EvpKey> find_evp_key(const PublicKey& key,
                                                    const ossl::Context& context);
  std::shared_ptr<const Data> m_data;
};

/// Returns whether `signature` over `message` is by `key`. A key that check_key would refuse for
/// its size or parameters, or one of another type than the algorithm's, is false. Throws internal
/// where libcrypto itself fails, unsupported where the context has no such algorithm (Ed25519 under
/// FIPS).
[[nodiscard]] bool verify_signature(const PublicKey& key, SignatureAlgorithm algorithm,
                                    ByteView message, ByteView signature,
                                    const ossl::Context& context);

}  // namespace mtls::crypto
