// X509_verify_cert as it must not be: this program's own stands before libcrypto's. Whatever it
// returns without judging the path, nothing is accepted (CVE-2021-4044: internal errors as
// success).
#include "lib/verify/pki.hpp"

#include <doctest/doctest.h>
#include <openssl/x509_vfy.h>

#include <limits>

namespace {
int g_result = 0;
unsigned g_calls = 0;
}  // namespace

extern "C" int X509_verify_cert(X509_STORE_CTX* /*context*/) {
  ++g_calls;
  return g_result;
}

namespace mtls::verify::test {
namespace {

TEST_CASE("no return value of X509_verify_cert alone makes a certificate accepted") {
  for (const int result :
       {-1, 0, 1, 2, -2, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}) {
    CAPTURE(result);
    g_result = result;
    g_calls = 0;
    const VerifyReport report = judge(
        request_for(client().certificate, {root().certificate}, {intermediate().certificate}));
    CHECK(g_calls == 1);  // it was this one that was asked
    CHECK_FALSE(report.accepted);
    CHECK(summary(report) == "other@0");
  }
}

}  // namespace
}  // namespace mtls::verify::test
