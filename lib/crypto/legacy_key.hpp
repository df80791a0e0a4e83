// Private keys encrypted in ways that are no longer written: read only where the user insists, and
// by libcrypto itself, in a library context with its default and its legacy provider: keys of these
// forms are read whatever openssl.cnf says. Private to this room.
#pragma once

#include "base/secret.hpp"
#include "crypto/pbes2.hpp"
#include "der/reader.hpp"

#include <optional>
#include <string>

namespace mtls::crypto {

/// True if `oid` is a scheme of PBES1 (RFC 8018 appendix A.3) or of PKCS#12 (RFC 7292 appendix C).
[[nodiscard]] bool is_pbes1(const der::Oid& oid);

/// Decrypts with PBES1: `parameters` is what stands behind `oid` in its AlgorithmIdentifier.
/// Returns nothing where the passphrase is wrong. Throws malformed, hostile_key_derivation, and
/// unsupported where libcrypto lacks the scheme, naming it, and what to install (single DES, RC2,
/// RC4 and the key derivation of PBES1 need its legacy provider).
[[nodiscard]] std::optional<SecretBytes> decrypt_pbes1(const der::Oid& oid, der::Reader parameters,
                                                       ByteView ciphertext, ByteView passphrase);

/// Decrypts with PBES2 and an outdated cipher. Returns and throws as decrypt_pbes1.
[[nodiscard]] std::optional<SecretBytes> decrypt_outdated_pbes2(const Pbes2& scheme,
                                                                ByteView ciphertext,
                                                                ByteView passphrase);

/// Decrypts the body of a block with the headers of RFC 1421 section 4.6.1 ("Proc-Type:
/// 4,ENCRYPTED"), which a `DEK-Info` line tells the cipher of. Returns and throws as decrypt_pbes1.
[[nodiscard]] std::optional<SecretBytes> decrypt_rfc1421(const std::string& headers, ByteView body,
                                                         ByteView passphrase);

}  // namespace mtls::crypto
