// The defects of a key that show without arithmetic. Private to this room.
#pragma once

#include "crypto/key_check.hpp"
#include "crypto/public_key.hpp"

#include <vector>

namespace mtls::crypto {

/// The size of the largest RSA modulus that anything is computed with.
inline constexpr unsigned k_rsa_most_bits = 8192;
/// The size of the smallest that is certified.
inline constexpr unsigned k_rsa_least_bits = 2048;

/// Returns the defects of `key` in its form, sizes and parameters, in the order of KeyDefect; done
/// before any arithmetic, in constant time and memory whatever the key.
[[nodiscard]] std::vector<KeyFinding> find_bound_defects(const PublicKey& key);

}  // namespace mtls::crypto
