// What a CA signs (RFC 5280 section 4.1.2), made by our own DER writer.
#pragma once

#include "crypto/public_key.hpp"
#include "crypto/signature_algorithm.hpp"
#include "crypto/signer.hpp"
#include "x509/certificate.hpp"

namespace mtls::x509 {

/// The fields of a v3 tbsCertificate, as values.
struct TbsCertificate {
  SerialNumber serial;
  crypto::SignatureAlgorithm signature;
  Name issuer;
  Validity validity;
  Name subject;
  crypto::PublicKey public_key;
  Extensions extensions;

  /// Returns the tbsCertificate element. Throws internal where it could not be read back (no
  /// extension at all, a validity that ends before it begins).
  [[nodiscard]] Bytes to_der() const;
};

/// Returns the Certificate: the TBS octets, the algorithm and the signature over exactly those
/// octets, wrapped. Throws malformed where `tbs` is no tbsCertificate. Does not verify.
[[nodiscard]] Certificate wrap(ByteView tbs, crypto::SignatureAlgorithm algorithm,
                               ByteView signature);
/// The same with any AlgorithmIdentifier.
[[nodiscard]] Certificate wrap(ByteView tbs, ByteView algorithm_identifier, ByteView signature);

/// Signs exactly the octets of `tbs`, wraps them, reads the result back, compares its TBS octet by
/// octet, and checks the signature with `issuer_key` by the signer's own algorithm. Throws
/// malformed where `tbs` is no tbsCertificate, internal where its inner algorithm is not the
/// signer's, faulty_signature, and what the signer throws.
[[nodiscard]] Certificate sign(ByteView tbs, const crypto::AnySigner& signer,
                               const crypto::PublicKey& issuer_key, const ossl::Context& context);

}  // namespace mtls::x509
