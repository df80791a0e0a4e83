#include "verify/verify_error.hpp"

#include <doctest/doctest.h>
#include <openssl/x509_vfy.h>

namespace mtls::verify {
namespace {

TEST_CASE("libcrypto's errors are the problems that they mean") {
  CHECK(problem_of(X509_V_ERR_CERT_SIGNATURE_FAILURE) == Problem::bad_signature);
  CHECK(problem_of(X509_V_ERR_CERT_HAS_EXPIRED) == Problem::expired);
  CHECK(problem_of(X509_V_ERR_CERT_NOT_YET_VALID) == Problem::not_yet_valid);
  CHECK(problem_of(X509_V_ERR_INVALID_CA) == Problem::issuer_not_ca);
  CHECK(problem_of(X509_V_ERR_INVALID_PURPOSE) == Problem::wrong_purpose);
  CHECK(problem_of(X509_V_ERR_EXCLUDED_VIOLATION) == Problem::name_constraint_violated);
  CHECK(problem_of(X509_V_ERR_NO_EXPLICIT_POLICY) == Problem::policy_failed);
  CHECK(problem_of(X509_V_ERR_CA_MD_TOO_WEAK) == Problem::weak_signature);
  CHECK(problem_of(X509_V_ERR_CERT_REVOKED) == Problem::revoked);
}

TEST_CASE("an error without a word of its own is other, in libcrypto's words") {
  CHECK(problem_of(X509_V_ERR_ISSUER_NAME_EMPTY) == Problem::other);
  CHECK(problem_of(X509_V_ERR_UNSPECIFIED) == Problem::other);
  CHECK(problem_of(10'000) == Problem::other);
  CHECK(problem_of(-1) == Problem::other);
  CHECK(describe_verify_error(X509_V_ERR_ISSUER_NAME_EMPTY) ==
        "libcrypto says: " + std::string(X509_verify_cert_error_string(83)));
}

}  // namespace
}  // namespace mtls::verify
