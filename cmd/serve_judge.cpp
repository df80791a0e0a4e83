#include "cmd/serve_judge.hpp"

#include "base/format.hpp"
#include "verify/verify.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

/// A client is judged between the steps of others: less than verify's own bounds.
constexpr verify::Budget k_budget{.max_depth = 10,
                                  .max_paths = 16,
                                  .max_signature_checks = 48,
                                  .deadline = std::chrono::milliseconds(250)};

tls::RefusalAlert alert_for(verify::Problem problem) {
  using tls::RefusalAlert;
  using verify::Problem;
  switch (problem) {
    case Problem::no_trust_anchor:
    case Problem::self_signed_leaf:
    case Problem::issuer_not_ca:
    case Problem::path_length_exceeded:
      return RefusalAlert::unknown_ca;
    case Problem::expired:
      return RefusalAlert::certificate_expired;
    case Problem::revoked:
      return RefusalAlert::certificate_revoked;
    case Problem::wrong_purpose:
      return RefusalAlert::unsupported_certificate;
    case Problem::bad_signature:
      return RefusalAlert::decrypt_error;
    case Problem::not_yet_valid:
    case Problem::weak_signature:
    case Problem::weak_key:
    case Problem::not_version_3:
    case Problem::signature_not_recorded:
    case Problem::serial_of_another:
      return RefusalAlert::bad_certificate;
    default:
      return RefusalAlert::certificate_unknown;
  }
}

/// "CN=alice: expired 3 days ago, at … (expired)", the worst first; of a long list the beginning.
std::string reason(const std::vector<verify::Finding>& findings) {
  constexpr std::size_t k_most = 3;
  std::string text;
  std::size_t count = 0;
  for (const verify::Finding& finding : findings) {
    if (finding.severity != verify::Severity::error) continue;
    if (++count > k_most) continue;
    text += format("{}{}: {} ({})", text.empty() ? "" : "; ", finding.subject, finding.message,
                   verify::name(finding.problem));
  }
  if (count > k_most) text += format("; and {} more", count - k_most);
  return text;
}

tls::PeerVerdict refuse(const std::vector<verify::Finding>& findings) {
  tls::PeerVerdict verdict;
  verdict.reason = reason(findings);
  if (!findings.empty()) verdict.alert = alert_for(findings.front().problem);
  return verdict;
}

/// Whether the path ends for want of a CA that we know, but that the client did not send.
bool lacks_known_issuer(const verify::VerifyReport& report, const ClientTrust& trust) {
  const bool no_anchor = std::any_of(report.findings.begin(), report.findings.end(),
                                     [](const verify::Finding& finding) {
                                       return finding.problem == verify::Problem::no_trust_anchor;
                                     });
  return no_anchor && !report.path.empty() &&
         std::any_of(trust.must_be_sent.begin(), trust.must_be_sent.end(),
                     [&report](const x509::Certificate& ca) {
                       return ca.subject().matches(report.path.back().issuer());
                     });
}

}  // namespace

ServeJudge::ServeJudge(ClientTrust trust, std::shared_ptr<const verify::CrlSet> lists,
                       Ledgers ledgers, const Clock& clock, const ossl::Context& context)
    : m_trust(std::move(trust)),
      m_lists(std::move(lists)),
      m_ledgers(std::move(ledgers)),
      m_clock(clock),
      m_context(context) {}

tls::PeerVerdict ServeJudge::judge(const std::vector<x509::Certificate>& presented) const {
  const UnixTime now = m_clock.now();
  verify::VerifyRequest request{.leaf = presented.front(),
                                .pool = {presented.begin() + 1, presented.end()},
                                .anchors = m_trust.anchors,
                                .anchor_fingerprint = std::nullopt,
                                .purpose = verify::Purpose::client,
                                .host = std::nullopt,
                                .at = now,
                                .budget = k_budget};
  request.pool.insert(request.pool.end(), m_trust.pool.begin(), m_trust.pool.end());
  const LedgersRevocation revocation(m_ledgers);
  const verify::VerifyReport report = verify::verify(request, &revocation, m_clock, m_context);
  if (!report.accepted) {
    tls::PeerVerdict verdict = refuse(report.findings);
    if (lacks_known_issuer(report, m_trust)) {
      verdict.reason +=
          "; the client must send that CA's certificate too: mtlsctl cert export SERIAL --ca DIR "
          "writes a "
          "file with it";
    }
    return verdict;
  }
  for (std::size_t depth = 0; depth + 1 < report.path.size(); ++depth) {
    const x509::Certificate& certificate = report.path[depth];
    if (auto objection = m_lists->check(certificate, report.path[depth + 1], now, m_context)) {
      return refuse({{.problem = objection->problem,
                      .severity = verify::Severity::error,
                      .depth = depth,
                      .subject = certificate.subject().to_text(),
                      .message = std::move(objection->message),
                      .hint = {}}});
    }
  }
  return {.answer = tls::PeerVerdict::Answer::accepted,
          .alert = tls::RefusalAlert::certificate_unknown,
          .reason = {},
          .path = report.path};
}

}  // namespace mtls::cmd
