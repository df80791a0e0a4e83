#include "verify/verify.hpp"

#include "lib/verify/pki.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace mtls::verify::test {
namespace {

using x509::Certificate;

Plan client_plan(std::string subject = "CN=client,O=mtls") {
  return {.subject = std::move(subject), .key = "client", .extensions = client_extensions()};
}

/// The good path of three.
VerifyRequest good_request() {
  return request_for(client().certificate, {root().certificate}, {intermediate().certificate});
}

const Finding& only_finding(const VerifyReport& report) {
  REQUIRE(report.findings.size() == 1);
  return report.findings.front();
}

/// Knows what was revoked by serial, and notes who was asked about.
class Revoked final : public RevocationSource {
 public:
  explicit Revoked(std::set<std::string> serials) : m_serials(std::move(serials)) {}
  RevocationAnswer ask(const Certificate& certificate, const Certificate* issuer) const override {
    if (issuer != nullptr) CHECK(certificate.issuer().matches(issuer->subject()));
    asked.push_back(certificate.serial().to_text());
    if (!m_serials.contains(certificate.serial().to_text())) {
      return {.status = RevocationStatus::unknown, .revoked_at = {}};
    }
    return {.status = RevocationStatus::revoked, .revoked_at = at("2026-05-01T00:00:00Z")};
  }
  mutable std::vector<std::string> asked;

 private:
  std::set<std::string> m_serials;
};

TEST_CASE("the report has the whole path, its anchor, and nothing to say of a good one") {
  const VerifyReport report = judge(good_request());
  CHECK(report.accepted);
  CHECK(report.path == std::vector<Certificate>{client().certificate, intermediate().certificate,
                                                root().certificate});
  CHECK(report.anchor == root().certificate);
  CHECK(report.findings.empty());
  CHECK(report.paths_tried == 1);
}

TEST_CASE("a path without an anchor is reported as far as it went") {
  const VerifyReport report =
      judge(request_for(client().certificate, {}, {intermediate().certificate}));
  CHECK_FALSE(report.accepted);
  CHECK_FALSE(report.anchor);
  CHECK(report.path == std::vector<Certificate>{client().certificate, intermediate().certificate});
  CHECK(summary(report) == "no_trust_anchor@1");
  CHECK(only_finding(report).message == "there is nothing to trust: no CA certificate was given");
}

TEST_CASE("a missing issuer is named, with what to do about it") {
  const VerifyReport report = judge(request_for(client().certificate, {root().certificate}));
  const Finding& finding = only_finding(report);
  CHECK(finding.subject == "CN=client,O=mtls");
  CHECK(finding.message ==
        "its issuer, CN=intermediate,O=mtls, is not among the certificates given");
  CHECK(finding.hint.find("--untrusted") != std::string::npos);
}

TEST_CASE("what is wrong in time says when") {
  Plan plan = client_plan();
  plan.not_after = judging_time() - std::chrono::hours(3 * 24 + 1);
  CHECK(only_finding(judge(request_for(issue(plan, root()).certificate, {root().certificate})))
            .message == "expired 3 days ago, at 2026-05-29T11:00:00Z");
  plan = client_plan();
  plan.not_before = judging_time() + std::chrono::seconds(1);
  VerifyRequest request = request_for(issue(plan, root()).certificate, {root().certificate});
  CHECK(only_finding(judge(request)).message ==
        "becomes valid 1 second from now, at 2026-06-01T12:00:01Z");
  request.at = at("2026-06-01T10:00:00Z");
  CHECK(only_finding(judge(request)).message ==
        "becomes valid 2 hours after 2026-06-01T10:00:00Z, at 2026-06-01T12:00:01Z");
}

TEST_CASE("all that is wrong is reported at once") {
  Plan plan = client_plan();
  plan.not_after = at("2022-01-01T00:00:00Z");
  plan.extensions = with(server_extensions({"dns:a.example"}),
                         x509::Extension{.id = der::oid("1.3.6.1.4.1.99999.1"),
                                         .criticality = x509::Criticality::critical,
                                         .value = {0x05, 0x00}});
  VerifyRequest request =
      request_for(with_broken_signature(issue(plan, root()).certificate), {root().certificate});
  request.host = "b.example";
  const VerifyReport report = judge(request);
  CHECK(summary(report) ==
        "bad_signature@0 unknown_critical_extension@0 wrong_purpose@0 host_mismatch@0 expired@0");
  for (const Finding& finding : report.findings) CHECK_FALSE(finding.hint.empty());
}

TEST_CASE("names from certificates are shown escaped") {
  x509::Attribute name{.type = x509::oids::common_name(), .tag = 0x0c, .octets = {}};
  for (const char c : std::string_view("a\x1b[2J\n\xe2\x80\xae")) {
    name.octets.push_back(static_cast<std::uint8_t>(c));
  }
  x509::TbsCertificate tbs{.serial = x509::SerialNumber::parse("01").value(),
                           .signature = crypto::SignatureAlgorithm::ecdsa_sha256,
                           .issuer = x509::Name::make({{name}}),
                           .validity = root().certificate.validity(),
                           .subject = x509::Name::make({{name}}),
                           .public_key = key("client").public_key(),
                           .extensions = client_extensions()};
  const Bytes der = tbs.to_der();
  const Certificate leaf = x509::wrap(der, tbs.signature, key("root").sign(tbs.signature, der));
  const VerifyReport report = judge(request_for(leaf, {root().certificate}));
  REQUIRE_FALSE(report.findings.empty());
  for (const Finding& finding : report.findings) {
    for (const std::string& text : {finding.subject, finding.message, finding.hint}) {
      CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    }
  }
}

TEST_CASE("a pinned fingerprint makes one certificate the anchor, wherever it was found") {
  VerifyRequest request =
      request_for(client().certificate, {}, {intermediate().certificate, root().certificate});
  request.anchor_fingerprint = root().certificate.fingerprint();
  CHECK(judge(request).anchor == root().certificate);

  request.anchor_fingerprint = intermediate().certificate.fingerprint();
  VerifyReport report = judge(request);
  CHECK(report.accepted);
  CHECK(report.anchor == intermediate().certificate);

  request.anchor_fingerprint = client().certificate.fingerprint();
  report = judge(request);
  CHECK(report.accepted);
  CHECK(report.path.size() == 1);
}

TEST_CASE("a pinned fingerprint takes the trust from all other anchors") {
  VerifyRequest request = good_request();
  request.anchor_fingerprint = crypto::sha256(Bytes{1, 2, 3});
  const VerifyReport report = judge(request);
  CHECK_FALSE(report.accepted);
  CHECK(report.findings.front().problem == Problem::no_trust_anchor);
  CHECK(report.findings.front().message.find("03:90:58:C6:F2:C0:CB:49") != std::string::npos);
}

TEST_CASE("a revoked certificate is refused, and says when it was") {
  const Revoked source({client().certificate.serial().to_text()});
  const VerifyReport report = judge(good_request(), &source);
  CHECK_FALSE(report.accepted);
  CHECK(only_finding(report).problem == Problem::revoked);
  CHECK(only_finding(report).message == "revoked at 2026-05-01T00:00:00Z");
  CHECK(problem_class(Problem::revoked) == ProblemClass::revocation);
}

TEST_CASE("a revoked intermediate is refused, and another path without it is taken") {
  const Revoked source({intermediate().certificate.serial().to_text()});
  CHECK(summary(judge(good_request(), &source)) == "revoked@1");
  VerifyRequest request = good_request();
  request.pool.push_back(issue({.subject = "CN=intermediate,O=mtls",
                                .key = "intermediate",
                                .extensions = ca_extensions(0)},
                               root())
                             .certificate);
  CHECK(judge(request, &source).accepted);
}

TEST_CASE("what is not covered by the revocation source is not held against it") {
  const Revoked source({});
  CHECK(judge(good_request(), &source).accepted);
  // The root is its own judge.
  CHECK(source.asked == std::vector<std::string>{client().certificate.serial().to_text(),
                                                 intermediate().certificate.serial().to_text()});
}

TEST_CASE("a revoked leaf is refused even where it is itself the anchor") {
  const Certificate& leaf = client().certificate;
  const Revoked source({leaf.serial().to_text()});
  const VerifyReport report = judge(request_for(leaf, {leaf}), &source);
  CHECK(summary(report) == "revoked@0");
  CHECK_FALSE(report.accepted);
  CHECK(judge(request_for(leaf, {leaf})).accepted);
}

TEST_CASE("no revocation is asked for where the signature does not hold") {
  const Revoked source({client().certificate.serial().to_text()});
  VerifyRequest request = good_request();
  request.leaf = with_broken_signature(request.leaf);
  CHECK(summary(judge(request, &source)) == "bad_signature@0");
}

TEST_CASE("of several refused paths the one with the least wrong is reported, in any order") {
  Plan plan{.subject = "CN=b", .key = "b", .extensions = ca_extensions()};
  plan.not_after = at("2022-01-01T00:00:00Z");
  const Certificate expired = issue(plan, root()).certificate;
  plan.extensions = without(ca_extensions(), x509::oids::basic_constraints());
  const Certificate worse = issue(plan, root()).certificate;
  const Certificate leaf = issue(client_plan(), {.certificate = expired, .key = "b"}).certificate;
  VerifyRequest request = request_for(leaf, {root().certificate}, {expired, worse});
  CHECK(summary(judge(request)) == "expired@1");
  std::swap(request.pool[0], request.pool[1]);
  const VerifyReport report = judge(request);
  CHECK(summary(report) == "expired@1");
  CHECK(report.paths_tried == 2);
}

TEST_CASE("every problem has a word of its own and a class") {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(Problem::other); ++i) {
    const auto problem = static_cast<Problem>(i);
    CHECK(words.insert(name(problem)).second);
    CHECK_FALSE(name(problem).empty());
  }
  CHECK(problem_class(Problem::expired) == ProblemClass::time);
  CHECK(problem_class(Problem::not_yet_valid) == ProblemClass::time);
  CHECK(problem_class(Problem::bad_signature) == ProblemClass::no);
}

}  // namespace
}  // namespace mtls::verify::test
