// Hostile pools, keys and certificates: bounded work, and never accepted.
#include "base/error.hpp"
#include "base/format.hpp"
#include "der/writer.hpp"
#include "lib/verify/hostile_keys.hpp"
#include "lib/verify/pki.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace mtls::verify::test {
namespace {

using std::chrono::milliseconds;
using x509::Certificate;

Plan client_plan() {
  return {.subject = "CN=client,O=mtls", .key = "client", .extensions = client_extensions()};
}

struct Timed {
  VerifyReport report;
  milliseconds took;
};

Timed judge_timed(const VerifyRequest& request) {
  const auto begin = std::chrono::steady_clock::now();
  VerifyReport report = judge(request);
  return {
      .report = std::move(report),
      .took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin)};
}

/// The bound of every hostile case; sanitizers and a busy machine included.
constexpr milliseconds k_bound{2'000};

TEST_CASE("a thousand certificates of the issuer's name do not hide the issuer") {
  VerifyRequest request = request_for(client().certificate, {root().certificate});
  for (unsigned i = 0; i < 1'000; ++i) {
    request.pool.push_back(issue({.subject = "CN=intermediate,O=mtls",
                                  .key = format("same name {}", i % 8),
                                  .extensions = ca_extensions()},
                                 root())
                               .certificate);
  }
  request.pool.insert(request.pool.begin() + 500, intermediate().certificate);
  const Timed timed = judge_timed(request);
  CHECK(timed.report.accepted);
  CHECK(timed.took < k_bound);
}

TEST_CASE("CAs of the issuer's name and key identifier exhaust the budget") {
  VerifyRequest request = request_for(client().certificate, {root().certificate});
  const Bytes identifier = key("intermediate").public_key().key_identifier();
  for (unsigned i = 0; i < 300; ++i) {
    request.pool.push_back(
        issue(
            {.subject = "CN=intermediate,O=mtls",
             .key = format("same identifier {}", i),
             .extensions = with(ca_extensions(), x509::encode_subject_key_identifier(identifier))},
            root())
            .certificate);
  }
  const Timed timed = judge_timed(request);
  CHECK_FALSE(timed.report.accepted);
  CHECK(summary(timed.report).find("budget_exceeded@0") != std::string::npos);
  CHECK(timed.took < k_bound);
  // Trusted ones come first: no number of others can hide an anchor.
  request.anchors.push_back(intermediate().certificate);
  CHECK(judge(request).accepted);
}

/// Every one of `count` CAs certifies every other.
std::vector<Certificate> make_ring(unsigned count) {
  std::vector<Certificate> certificates;
  const auto plan = [](unsigned i) {
    return Plan{.subject = format("CN=ring {}", i),
                .key = format("ring {}", i),
                .extensions = ca_extensions()};
  };
  for (unsigned subject = 0; subject < count; ++subject) {
    for (unsigned issuer = 0; issuer < count; ++issuer) {
      if (subject == issuer) continue;
      certificates.push_back(issue(plan(subject), self_sign(plan(issuer))).certificate);
    }
  }
  return certificates;
}

TEST_CASE("CAs that all certify each other are walked for a bounded time") {
  const Entity first =
      self_sign({.subject = "CN=ring 0", .key = "ring 0", .extensions = ca_extensions()});
  VerifyRequest request =
      request_for(issue(client_plan(), first).certificate, {root().certificate}, make_ring(12));
  const Timed timed = judge_timed(request);
  CHECK_FALSE(timed.report.accepted);
  CHECK(summary(timed.report).find("budget_exceeded") != std::string::npos);
  CHECK(timed.took < k_bound);
  // One way out is found among them.
  request.pool.push_back(
      issue({.subject = "CN=ring 7", .key = "ring 7", .extensions = ca_extensions()}, root())
          .certificate);
  CHECK(judge(request).accepted);
}

TEST_CASE("each bound of the budget ends the search with a finding") {
  VerifyRequest request =
      request_for(client().certificate, {root().certificate}, {intermediate().certificate});
  request.budget.max_depth = 1;
  CHECK(summary(judge(request)) == "budget_exceeded@1");
  request.budget = {.max_paths = 0};
  CHECK(summary(judge(request)) == "budget_exceeded@0");
  request.budget = {.deadline = milliseconds(-1)};
  CHECK(summary(judge(request)) == "budget_exceeded@0");
  request.budget = {.max_signature_checks = 0};
  CHECK(judge(request).accepted);  // one candidate at each step: none is needed
  request.budget = {.max_depth = 2};
  CHECK(judge(request).accepted);
}

TEST_CASE("a path with a key that is not to be computed with is refused at once") {
  for (const crypto::PublicKey& hostile :
       {explicit_ec_key(), giant_rsa_key(16'400), giant_rsa_key(400'000)}) {
    Plan ca{.subject = "CN=hostile", .key = "hostile", .extensions = ca_extensions()};
    ca.public_key = hostile;
    const Entity issuer = issue(ca, root());
    const Timed timed = judge_timed(request_for(issue(client_plan(), issuer).certificate,
                                                {root().certificate}, {issuer.certificate}));
    CHECK_FALSE(timed.report.accepted);
    CHECK(summary(timed.report).find("weak_key@1") != std::string::npos);
    CHECK(timed.took < k_bound);
  }
}

TEST_CASE("many names under many constraints are compared for a bounded time") {
  x509::NameConstraints constraints;
  x509::GeneralNames names;
  for (unsigned i = 0; i < 10'000; ++i) {
    constraints.excluded.push_back(x509::GeneralName::dns(format("x{}.example", i)));
    names.push_back(x509::GeneralName::dns(format("y{}.example", i)));
  }
  const Entity ca = issue({.subject = "CN=constrained",
                           .key = "middle",
                           .extensions = with(ca_extensions(), x509::encode(constraints))},
                          root());
  Plan plan = client_plan();
  plan.extensions.push_back(x509::encode_subject_alt_name(names, x509::Criticality::non_critical));
  const Timed timed =
      judge_timed(request_for(issue(plan, ca).certificate, {root().certificate}, {ca.certificate}));
  CHECK(summary(timed.report).find("name_constraint_violated@0") != std::string::npos);
  CHECK(timed.took < k_bound);
  for (const Finding& finding : timed.report.findings) CHECK(finding.message.size() < 1'000);
}

/// An attribute of `size` octets, most of which need escapes.
x509::Name giant_name(std::size_t size) {
  return x509::Name::make({{x509::Attribute{
      .type = der::oid("2.5.4.3"), .tag = der::tag::utf8_string, .octets = Bytes(size, 1)}}});
}

TEST_CASE("thousands of unknown critical extensions under a giant name are told in short") {
  x509::Extensions extensions = client_extensions();
  for (unsigned i = 0; i < 35'000; ++i) {
    extensions.push_back({.id = der::oid(format("1.3.6.1.4.1.99999.{}", i)),
                          .criticality = x509::Criticality::critical,
                          .value = {}});
  }
  const Plan plan{.subject = {},
                  .key = "client",
                  .extensions = std::move(extensions),
                  .name = giant_name(400'000)};
  const Certificate giant = issue(plan, root()).certificate;
  const Timed timed = judge_timed(request_for(giant, {root().certificate}));
  CHECK_FALSE(timed.report.accepted);
  CHECK(timed.report.findings.size() < 20);
  CHECK(timed.report.findings.back().message == "and 34984 more of its critical extensions");
  for (const Finding& finding : timed.report.findings) CHECK(finding.subject.size() < 300);
  CHECK(timed.took < milliseconds(1'000));
}

/// policyMappings (RFC 5280 section 4.2.1.5) of every one of `width` policies to every one.
x509::Extension map_all(unsigned width) {
  der::Writer writer;
  writer.sequence([width](der::Writer& list) {
    for (unsigned from = 0; from < width; ++from) {
      for (unsigned to = 0; to < width; ++to) {
        list.sequence([from, to](der::Writer& pair) {
          pair.oid(der::oid(format("1.3.6.1.4.1.99999.3.{}", from)));
          pair.oid(der::oid(format("1.3.6.1.4.1.99999.3.{}", to)));
        });
      }
    }
  });
  return {.id = der::oid("2.5.29.33"),
          .criticality = x509::Criticality::non_critical,
          .value = std::move(writer).take()};
}

TEST_CASE("ten levels of policy mappings are walked for a bounded time (CVE-2023-0464)") {
  constexpr unsigned k_width = 8;
  std::vector<der::Oid> policies;
  for (unsigned i = 0; i < k_width; ++i) {
    policies.push_back(der::oid(format("1.3.6.1.4.1.99999.3.{}", i)));
  }
  const x509::Extension all =
      x509::encode_certificate_policies(policies, x509::Criticality::non_critical);
  Entity issuer = root();
  VerifyRequest request = request_for(client().certificate, {root().certificate});
  for (unsigned level = 0; level < 9; ++level) {
    issuer = issue({.subject = format("CN=level {}", level),
                    .key = format("level {}", level),
                    .extensions = with(with(ca_extensions(), all), map_all(k_width))},
                   issuer);
    request.pool.push_back(issuer.certificate);
  }
  Plan plan = client_plan();
  plan.extensions.push_back(all);
  request.leaf = issue(plan, issuer).certificate;
  const Timed timed = judge_timed(request);
  CHECK_FALSE(timed.report.accepted);
  CHECK(summary(timed.report) == "policy_failed@0");
  CHECK(timed.took < k_bound);
}

TEST_CASE("a certificate with any octet changed is never accepted") {
  const Certificate good = issue(client_plan(), root()).certificate;
  REQUIRE(judge(request_for(good, {root().certificate})).accepted);
  unsigned judged = 0;
  for (std::size_t i = 0; i < good.der().size(); ++i) {
    Bytes octets = to_bytes(good.der());
    octets[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
    try {
      const Certificate changed = Certificate::from_der(octets);
      CAPTURE(i);
      // Out of the CHECK, which would count the refusal to read it at all as a failure.
      const bool accepted = judge(request_for(changed, {root().certificate})).accepted;
      CHECK_FALSE(accepted);
      ++judged;
    } catch (const Error& error) {
      CHECK(error.code() == Errc::malformed);
    }
  }
  CHECK(judged > 100);
}

}  // namespace
}  // namespace mtls::verify::test
