// Certificates and CRLs out of PKCS #7 (RFC 2315, CMS of RFC 5652): what Windows and Java call .p7b
// and .p7c. How they are recognised is in der/content_kind.hpp.
#pragma once

#include "base/bytes.hpp"
#include "der/content_kind.hpp"
#include "x509/certificate.hpp"

#include <vector>

namespace mtls::x509 {

/// What a SignedData carries, as views of its octets.
struct Pkcs7Content {
  std::vector<ByteView> certificates;  // DER of each
  std::vector<ByteView> lists;         // DER of each CRL
  std::size_t others = 0;              // attribute certificates and other choices
  bool is_signed = false;              // it has signers: a signed message, not a bundle
};
/// Reads a SignedData in DER, certs-only or not; its signatures are not looked at. Throws
/// unsupported where it is another content type (encrypted data) or not DER, malformed where it is
/// damaged; the hint is for a file of `form`.
[[nodiscard]] Pkcs7Content read_pkcs7(ByteView der, der::FileForm form = der::FileForm::der);

/// Returns the certificates of a certs-only SignedData, at most `limit`. They are a SET there, so
/// their order says nothing: each is put before the one that issued it. Throws as read_pkcs7, and
/// unsupported for a signed message: what it carries was not given as a bundle.
[[nodiscard]] std::vector<Certificate> read_pkcs7_bundle(ByteView der, der::FileForm form,
                                                         std::size_t limit);

}  // namespace mtls::x509
