// The sizes that the defects of a key are told by. Private to this room.
#pragma once

namespace mtls::crypto {

/// The size of the largest RSA modulus that anything is computed with.
inline constexpr unsigned k_rsa_most_bits = 8192;
/// The size of the smallest that is certified.
inline constexpr unsigned k_rsa_least_bits = 2048;

}  // namespace mtls::crypto
