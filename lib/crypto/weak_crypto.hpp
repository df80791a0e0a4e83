// What is never accepted and never certified, made only so that it can be seen refused: mtlsctl
// probe shows it to listeners.
#pragma once

#include "crypto/private_key.hpp"
#include "crypto/signer.hpp"

#include <memory>

namespace mtls::crypto {

/// Returns an RSA key of 1,024 bits.
[[nodiscard]] PrivateKey make_rsa_1024(const ossl::Context& context);

/// Returns a signer by SHA-1 with `key`; null for Ed25519, which has no such algorithm. Its `sign`
/// throws unsupported where this system's policy forbids SHA-1.
[[nodiscard]] std::unique_ptr<AnySigner> make_sha1_signer(const PrivateKey& key);

/// Returns whether `signature` over `message` is by `key` and the algorithm of `algorithm`, an
/// AlgorithmIdentifier: one of SignatureAlgorithm or SHA-1 with RSA or ECDSA. For the check of a
/// signature that was just made, never for a decision about trust. Throws as verify_signature.
[[nodiscard]] bool verify_any_signature(const PublicKey& key, ByteView algorithm, ByteView message,
                                        ByteView signature, const ossl::Context& context);

}  // namespace mtls::crypto
