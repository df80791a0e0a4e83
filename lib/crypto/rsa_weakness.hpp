// Weaknesses of an RSA modulus that arithmetic shows. Private to this room.
#pragma once

#include "ossl/handle.hpp"

#include <optional>

namespace mtls::crypto {

/// Returns the smallest of the first 752 primes (to 5,711; without 2) that divides `modulus` and is
/// not it.
[[nodiscard]] std::optional<unsigned> find_small_factor(const BIGNUM& modulus);

/// True if `modulus` has the fingerprint of the primes that Infineon's library made: modulo each
/// prime to 167 it is a power of 65537 (Nemec et al., "The Return of Coppersmith's Attack", 2017,
/// section 2.3). A random modulus has it with a probability below 2^-27.
[[nodiscard]] bool has_roca_fingerprint(const BIGNUM& modulus);

/// True if Fermat's method splits the odd `modulus` within `rounds` steps: its primes are so close
/// that their mean is at most that far above the square root.
[[nodiscard]] bool has_close_primes(const BIGNUM& modulus, unsigned rounds);

}  // namespace mtls::crypto
