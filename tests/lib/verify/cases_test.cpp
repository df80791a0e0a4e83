#include "lib/verify/cases.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace mtls::verify::test {
namespace {

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    CAPTURE(each.name);
    const VerifyReport report = judge(each.request);
    CHECK(summary(report) == each.findings);
    CHECK(report.accepted == is_accepting(each));
    // Whoever is accepted has an anchor that was given, by its whole DER.
    if (!report.accepted) continue;
    REQUIRE(report.anchor);
    const auto& anchors = each.request.anchors;
    CHECK(std::find(anchors.begin(), anchors.end(), *report.anchor) != anchors.end());
  }
}

TEST_CASE("paths, anchors, signatures, keys and times are judged as the table says") {
  check(chain_cases());
}

TEST_CASE("versions and extensions are judged as the table says") { check(extension_cases()); }

TEST_CASE("purposes and hosts are judged as the table says") { check(use_cases()); }

TEST_CASE("name constraints and policies are judged as the table says") { check(name_cases()); }

}  // namespace
}  // namespace mtls::verify::test
