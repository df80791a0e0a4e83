// Public keys that must not be certified, as they may stand in certificates.
#pragma once

#include "crypto/public_key.hpp"

namespace mtls::verify::test {

/// A sound RSA key of `bits`, made by libcrypto.
crypto::PublicKey rsa_key(unsigned bits);
/// P-256 with its parameters written out (CVE-2022-0778's door).
crypto::PublicKey explicit_ec_key();
/// An RSA key whose modulus is that long and odd, and otherwise arbitrary.
crypto::PublicKey giant_rsa_key(unsigned bits);

}  // namespace mtls::verify::test
