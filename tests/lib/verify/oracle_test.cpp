#include "lib/verify/cases.hpp"
#include "lib/verify/other_stacks.hpp"

#include <doctest/doctest.h>

namespace mtls::verify::test {
namespace {

bool expected(const Case& each, Other other) {
  return other == Other::agrees ? is_accepting(each) : other == Other::accepts;
}

TEST_CASE("openssl verify -x509_strict judges as the table says") {
  for (const Case& each : all_cases()) {
    if (each.openssl == Other::not_asked) continue;
    const mtls::test::Outcome outcome = run_openssl(each.request);
    CAPTURE(each.name);
    CAPTURE(outcome.shown());
    CHECK(outcome.ok() == expected(each, each.openssl));
    // Not accepted is 2 there; anything else would be a fault in the test.
    CHECK((outcome.exit == 0 || outcome.exit == 2));
  }
}

TEST_CASE("GnuTLS's certtool --verify judges as the table says") {
  for (const Case& each : all_cases()) {
    if (each.gnutls == Other::not_asked) continue;
    const mtls::test::Outcome outcome = run_certtool(each.request);
    CAPTURE(each.name);
    CAPTURE(outcome.shown());
    CHECK(outcome.ok() == expected(each, each.gnutls));
    CHECK((outcome.exit == 0 || outcome.exit == 1));
  }
}

}  // namespace
}  // namespace mtls::verify::test
