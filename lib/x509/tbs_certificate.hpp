// What a CA signs (RFC 5280 section 4.1.2), made by our own DER writer.
#pragma once

#include "crypto/public_key.hpp"
#include "crypto/signature_algorithm.hpp"
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

}  // namespace mtls::x509
