// The signature algorithms that are signed with and accepted (no SHA-1, no MD5).
#pragma once

#include "base/bytes.hpp"
#include "crypto/key_spec.hpp"

#include <optional>
#include <string_view>

namespace mtls::crypto {

enum class Digest { sha256, sha384, sha512 };

enum class SignatureAlgorithm {
  rsa_sha256,  // PKCS #1 v1.5, RFC 4055
  rsa_sha384,
  rsa_sha512,
  ecdsa_sha256,  // RFC 5758
  ecdsa_sha384,
  ecdsa_sha512,
  ed25519,  // RFC 8410
};

/// Returns the whole AlgorithmIdentifier as DER: NULL parameters for RSA, none for the others.
[[nodiscard]] ByteView algorithm_identifier(SignatureAlgorithm algorithm) noexcept;
/// Returns the algorithm whose AlgorithmIdentifier `der` is exactly (RSA also without parameters);
/// nothing for any other, SHA-1 and RSASSA-PSS included.
[[nodiscard]] std::optional<SignatureAlgorithm> find_signature_algorithm(ByteView der) noexcept;
/// Returns its usual name, "sha256WithRSAEncryption".
[[nodiscard]] std::string_view name(SignatureAlgorithm algorithm) noexcept;

/// Returns the algorithm for a key with a digest; Ed25519 has its own and ignores `digest`.
[[nodiscard]] SignatureAlgorithm signature_algorithm(KeyType type, Digest digest) noexcept;
/// Returns the digest that goes with a key where nobody chose: SHA-384 for P-384, SHA-512 for
/// P-521, otherwise SHA-256.
[[nodiscard]] Digest default_digest(const KeySpec& spec) noexcept;
/// Reads "sha256", "sha384", "sha512".
[[nodiscard]] std::optional<Digest> parse_digest(std::string_view text) noexcept;
[[nodiscard]] std::string_view name(Digest digest) noexcept;

}  // namespace mtls::crypto
