// Private keys as DER: the forms that are read, and the one that is written. Private to this room.
#pragma once

#include "base/secret.hpp"
#include "crypto/evp_key.hpp"
#include "crypto/key_spec.hpp"

#include <optional>
#include <string>
#include <variant>

namespace mtls::crypto {

/// The numbers of an RSA key, big-endian without leading zeros, each at least 1.
struct RsaParts {
  ByteView modulus;
  ByteView public_exponent;
  ByteView private_exponent;
  ByteView prime1;
  ByteView prime2;
  ByteView exponent1;
  ByteView exponent2;
  ByteView coefficient;
};

struct EcParts {
  Curve curve;
  ByteView scalar;
  std::optional<ByteView> point;  // where the file has the public key as well
};

struct Ed25519Parts {
  ByteView seed;
  std::optional<ByteView> point;
};

/// What a private key's DER holds; views into it.
using PrivateParts = std::variant<RsaParts, EcParts, Ed25519Parts>;

/// Reads OneAsymmetricKey, which PKCS#8's PrivateKeyInfo is version 0 of (RFC 5958 section 2).
/// These throw malformed, weak_key for other algorithms and curves, unsupported for
/// other versions.
[[nodiscard]] PrivateParts read_pkcs8(ByteView der);
/// Reads RSAPrivateKey (RFC 8017 appendix A.1.2), two primes only.
[[nodiscard]] PrivateParts read_pkcs1(ByteView der);
/// Reads ECPrivateKey (RFC 5915 section 3), which must name its curve.
[[nodiscard]] PrivateParts read_sec1(ByteView der);

/// Throws weak_key: a key of kind `what` ("DSA") is never used.
[[noreturn]] void fail_disallowed(const std::string& what);

/// A private key and its public half.
struct KeyPair {
  ossl::Handle<EVP_PKEY> evp;
  PublicKey public_key;
};

/// Makes the key of `parts`. Throws key_mismatch where the halves do not belong together, weak_key
/// for an RSA key that nothing is computed with (over 8,192 bits, even).
[[nodiscard]] KeyPair make_key_pair(const PrivateParts& parts, const ossl::Context& context);

/// Returns the public half of a key that libcrypto made.
[[nodiscard]] PublicKey read_public_key(const EVP_PKEY& key, KeyType type,
                                        std::optional<Curve> curve);

/// Returns PrivateKeyInfo (version 0, which all readers know). Throws unsupported where the key's
/// provider does not let it out.
[[nodiscard]] SecretBytes write_pkcs8(const EVP_PKEY& key, const PublicKey& public_key);

}  // namespace mtls::crypto
