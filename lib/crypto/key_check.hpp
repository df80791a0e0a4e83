// Keys that must not be certified, whoever asks. Cheap refusals (sizes, parameters) come first, so
// that no arithmetic is done on hostile numbers.
#pragma once

#include "crypto/public_key.hpp"

#include <string>
#include <vector>

namespace mtls::crypto {

enum class KeyDefect {
  unsupported_algorithm,  // DSA, RSASSA-PSS keys, anything but RSA, EC, Ed25519
  explicit_parameters,    // EC with its curve spelt out (CVE-2022-0778)
  unsupported_curve,      // not P-256, P-384, P-521
  point_not_on_curve,     // or at infinity, compressed, or (Ed25519) of small order
  rsa_too_small,          // under 2048 bits
  rsa_too_large,          // over 8192 bits
  rsa_size_not_octets,    // not a multiple of 8 bits
  rsa_even_modulus,       //
  rsa_small_factor,       // divisible by one of the first 752 primes
  rsa_exponent,           // even, under 65537, or 2^256 and more
  rsa_roca,               // CVE-2017-15361: the fingerprint of Infineon's primes
  rsa_close_primes,       // Fermat's factorisation succeeds within 100 rounds
};

struct KeyFinding {
  KeyDefect defect;
  std::string message;  // "RSA 1024 is smaller than 2048 bits"
};

/// Returns the snake_case word of a defect, "rsa_roca".
[[nodiscard]] std::string_view name(KeyDefect defect) noexcept;

/// Returns the defects of `key` in its form, sizes and parameters, in the order of KeyDefect; done
/// before any arithmetic, in constant time and memory whatever the key. With a key that has one
/// nothing is computed: no signature is checked.
[[nodiscard]] std::vector<KeyFinding> find_bound_defects(const PublicKey& key);

/// Returns all defects of `key` (FIPS 186-5, NIST SP 800-89 section 5.3.3, CA/B Forum BR 6.1.1.3);
/// empty is good. Bounded: under 10 ms for any input.
[[nodiscard]] std::vector<KeyFinding> check_key(const PublicKey& key, const ossl::Context& context);

/// Throws weak_key for the first finding; `whose` names the key ("the key of client.csr").
void require_good_key(const PublicKey& key, std::string_view whose, const ossl::Context& context);

}  // namespace mtls::crypto
