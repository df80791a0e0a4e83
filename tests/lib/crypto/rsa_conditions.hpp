// What FIPS 186-5 appendix A.1.1 asks of an RSA key, checked on the file that is written.
#pragma once

#include "crypto/private_key.hpp"

namespace mtls::crypto::test {

/// Fails the test case unless the key's primes are prime, large and far enough apart, its private
/// exponent is over 2^(half the bits), and its numbers are those of one key.
void check_rsa_conditions(const PrivateKey& key);

}  // namespace mtls::crypto::test
