// Certificates and CRLs out of PKCS #7 (RFC 2315, CMS of RFC 5652): what Windows and Java call .p7b
// and .p7c; and how a PKCS #12 file (RFC 7292) is recognised.
#pragma once

#include "base/bytes.hpp"

#include <vector>

namespace mtls::x509 {

/// Whether octets begin as PKCS #7: SEQUENCE { OBJECT IDENTIFIER 1.2.840.113549.1.7.x …, or of a
/// CMS content type. Definite and indefinite lengths (BER) are recognised.
[[nodiscard]] bool looks_like_pkcs7(ByteView octets) noexcept;

/// The same of PKCS #12: SEQUENCE { INTEGER 3, SEQUENCE { OBJECT IDENTIFIER 1.2.840.113549.1.7.x ….
[[nodiscard]] bool looks_like_pkcs12(ByteView octets) noexcept;

/// What a SignedData carries, as views of its octets.
struct Pkcs7Content {
  std::vector<ByteView> certificates;  // DER of each
  std::vector<ByteView> lists;         // DER of each CRL
  std::size_t others = 0;              // attribute certificates and other choices
};
/// Reads a SignedData in DER, certs-only or not; its signatures are not looked at. Throws
/// unsupported where it is another content type (encrypted data) or not DER, malformed where it is
/// damaged.
[[nodiscard]] Pkcs7Content read_pkcs7(ByteView der);

}  // namespace mtls::x509
