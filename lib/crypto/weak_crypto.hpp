// What is never accepted and never certified, made only so that it can be seen refused: mtlsctl
// probe shows it to listeners.
#pragma once

#include "crypto/private_key.hpp"

#include <optional>

namespace mtls::crypto {

/// Returns an RSA key of 1,024 bits.
[[nodiscard]] PrivateKey make_rsa_1024(const ossl::Context& context);

/// Returns the AlgorithmIdentifier of SHA-1 with a key of `type`; nothing for Ed25519.
[[nodiscard]] std::optional<Bytes> sha1_algorithm_identifier(KeyType type);
/// Signs with SHA-1; nothing where the key has no such algorithm, or this system's policy forbids
/// it.
[[nodiscard]] std::optional<Bytes> sign_sha1(const PrivateKey& key, ByteView message);

}  // namespace mtls::crypto
