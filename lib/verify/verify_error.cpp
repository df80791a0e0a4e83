#include "verify/verify_error.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>

namespace mtls::verify {
namespace {

struct Row {
  int code;
  Problem problem;
};

/// Every code that the check of one path without CRLs can give; the rest are `other`.
constexpr std::array k_rows{
    Row{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, Problem::no_trust_anchor},
    Row{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, Problem::no_trust_anchor},
    Row{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, Problem::no_trust_anchor},
    Row{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, Problem::no_trust_anchor},
    Row{X509_V_ERR_CERT_UNTRUSTED, Problem::no_trust_anchor},
    Row{X509_V_ERR_CERT_REJECTED, Problem::no_trust_anchor},
    Row{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, Problem::self_signed_leaf},
    Row{X509_V_ERR_CERT_CHAIN_TOO_LONG, Problem::budget_exceeded},
    Row{X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, Problem::bad_signature},
    Row{X509_V_ERR_CERT_SIGNATURE_FAILURE, Problem::bad_signature},
    Row{X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM, Problem::bad_signature},
    Row{X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, Problem::bad_signature},
    Row{X509_V_ERR_CA_MD_TOO_WEAK, Problem::weak_signature},
    Row{X509_V_ERR_EE_KEY_TOO_SMALL, Problem::weak_key},
    Row{X509_V_ERR_CA_KEY_TOO_SMALL, Problem::weak_key},
    Row{X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, Problem::weak_key},
    Row{X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, Problem::weak_key},
    Row{X509_V_ERR_NO_ISSUER_PUBLIC_KEY, Problem::weak_key},
    Row{X509_V_ERR_INVALID_CA, Problem::issuer_not_ca},
    Row{X509_V_ERR_PATH_LENGTH_EXCEEDED, Problem::path_length_exceeded},
    Row{X509_V_ERR_KEYUSAGE_NO_CERTSIGN, Problem::key_usage_forbids_signing},
    Row{X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, Problem::key_usage_forbids_signing},
    Row{X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN, Problem::key_usage_forbids_signing},
    Row{X509_V_ERR_PERMITTED_VIOLATION, Problem::name_constraint_violated},
    Row{X509_V_ERR_EXCLUDED_VIOLATION, Problem::name_constraint_violated},
    Row{X509_V_ERR_SUBTREE_MINMAX, Problem::name_constraint_violated},
    Row{X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, Problem::name_constraint_violated},
    Row{X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, Problem::name_constraint_violated},
    Row{X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, Problem::name_constraint_violated},
    Row{X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, Problem::unknown_critical_extension},
    Row{X509_V_ERR_INVALID_EXTENSION, Problem::malformed_extension},
    Row{X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE, Problem::malformed_extension},
    Row{X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, Problem::malformed_extension},
    Row{X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA, Problem::malformed_extension},
    Row{X509_V_ERR_EMPTY_SUBJECT_ALT_NAME, Problem::malformed_extension},
    Row{X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL, Problem::malformed_extension},
    Row{X509_V_ERR_CA_BCONS_NOT_CRITICAL, Problem::malformed_extension},
    Row{X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL, Problem::malformed_extension},
    Row{X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL, Problem::malformed_extension},
    Row{X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY, Problem::signature_algorithms_differ},
    Row{X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3, Problem::not_version_3},
    Row{X509_V_ERR_INVALID_POLICY_EXTENSION, Problem::policy_failed},
    Row{X509_V_ERR_NO_EXPLICIT_POLICY, Problem::policy_failed},
    Row{X509_V_ERR_INVALID_PURPOSE, Problem::wrong_purpose},
    Row{X509_V_ERR_INVALID_NON_CA, Problem::wrong_purpose},
    Row{X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE, Problem::wrong_purpose},
    Row{X509_V_ERR_HOSTNAME_MISMATCH, Problem::host_mismatch},
    Row{X509_V_ERR_IP_ADDRESS_MISMATCH, Problem::host_mismatch},
    Row{X509_V_ERR_CERT_HAS_EXPIRED, Problem::expired},
    Row{X509_V_ERR_CERT_NOT_YET_VALID, Problem::not_yet_valid},
    Row{X509_V_ERR_CERT_REVOKED, Problem::revoked},
    Row{X509_V_ERR_UNABLE_TO_GET_CRL, Problem::revocation_unknown},
};

}  // namespace

Problem problem_of(int code) noexcept {
  const auto* const row = std::find_if(k_rows.begin(), k_rows.end(),
                                       [code](const Row& each) { return each.code == code; });
  return row == k_rows.end() ? Problem::other : row->problem;
}

std::string describe_verify_error(int code) {
  return format("libcrypto says: {}", printable(X509_verify_cert_error_string(code)));
}

}  // namespace mtls::verify
