// X509_verify_cert as it must not be: this program's own stands before libcrypto's, has the path
// judged, and returns something else. Only 1 is believed (CVE-2021-4044: internal errors as
// success), and only where the path was judged at all.
#include "base/error.hpp"
#include "lib/verify/pki.hpp"

#include <doctest/doctest.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <limits>

namespace {

enum class Work { done, left_out };

Work g_work = Work::done;
int g_result = 0;
unsigned g_calls = 0;

}  // namespace

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): there it is ctx
extern "C" int X509_verify_cert(X509_STORE_CTX* context) {
  ++g_calls;
  if (g_work == Work::done) {
    using Function = int (*)(X509_STORE_CTX*);
    const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "X509_verify_cert"));
    if (real == nullptr || real(context) != 1) std::abort();
  }
  return g_result;
}

namespace mtls::verify::test {
namespace {

enum class Outcome { accepted, refused, no_verdict };

Outcome judge_with(Work work, int result, const VerifyRequest& request) {
  g_work = work;
  g_result = result;
  g_calls = 0;
  Outcome outcome = Outcome::no_verdict;
  try {
    outcome = judge(request).accepted ? Outcome::accepted : Outcome::refused;
  } catch (const Error& error) {
    CHECK(error.code() == Errc::internal);
  }
  CHECK(g_calls == 1);  // it was this one that was asked
  return outcome;
}

constexpr std::array k_no_verdicts{
    -1, 0, 2, -2, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()};

TEST_CASE("a path that was judged is accepted where X509_verify_cert returns 1, and only there") {
  const VerifyRequest request =
      request_for(client().certificate, {root().certificate}, {intermediate().certificate});
  CHECK(judge_with(Work::done, 1, request) == Outcome::accepted);
  for (const int result : k_no_verdicts) {
    CAPTURE(result);
    CHECK(judge_with(Work::done, result, request) == Outcome::no_verdict);
  }
}

TEST_CASE("no return value of X509_verify_cert alone makes a certificate accepted") {
  const VerifyRequest request =
      request_for(client().certificate, {root().certificate}, {intermediate().certificate});
  CHECK(judge_with(Work::left_out, 1, request) == Outcome::refused);
  for (const int result : k_no_verdicts) {
    CAPTURE(result);
    CHECK(judge_with(Work::left_out, result, request) == Outcome::no_verdict);
  }
}

TEST_CASE("complaints and 0 are a refusal, and with any other value no verdict") {
  const VerifyRequest request = request_for(with_broken_signature(client().certificate),
                                            {root().certificate}, {intermediate().certificate});
  CHECK(judge_with(Work::done, 1, request) == Outcome::refused);
  CHECK(judge_with(Work::done, 0, request) == Outcome::refused);
  CHECK(judge_with(Work::done, -1, request) == Outcome::no_verdict);
  CHECK(judge_with(Work::done, 2, request) == Outcome::no_verdict);
}

}  // namespace
}  // namespace mtls::verify::test
