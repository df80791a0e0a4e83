// Signatures on certificates that were made elsewhere, by algorithms that are accepted nowhere else
// (SHA-1, MD5, RSASSA-PSS …): to find out whose a certificate is, never whether to trust it.
#pragma once

#include "ossl/context.hpp"
#include "x509/certificate.hpp"
#include "x509/certificate_list.hpp"

namespace mtls::x509 {

enum class ForeignSignature {
  good,
  outdated,      ///< it is by the key, by an algorithm that is not accepted for anything else
  bad,           ///< it is not by the key
  undetermined,  ///< libcrypto has no such algorithm, or does nothing with such a key
};

/// Says whether `certificate` was signed with `issuer_key`, whatever the algorithm and the strength
/// of the key.
[[nodiscard]] ForeignSignature judge_foreign_signature(const Certificate& certificate,
                                                       const crypto::PublicKey& issuer_key,
                                                       const ossl::Context& context);

/// The same of a CRL.
[[nodiscard]] ForeignSignature judge_foreign_signature(const CertificateList& list,
                                                       const crypto::PublicKey& issuer_key,
                                                       const ossl::Context& context);

/// Returns a name for an AlgorithmIdentifier: "sha1WithRSAEncryption", else dotted decimal.
[[nodiscard]] std::string algorithm_name(ByteView algorithm_identifier);

}  // namespace mtls::x509
