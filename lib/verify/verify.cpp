#include "verify/verify.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "verify/path_builder.hpp"
#include "verify/path_judge.hpp"
#include "verify/rules.hpp"

#include <algorithm>
#include <tuple>

namespace mtls::verify {
namespace {

/// A path with what was found on it.
struct Verdict {
  Path path;
  std::vector<Finding> findings;
  bool accepted = false;
};

/// How far a problem is from one that goes away by itself: to tell which of several refused paths
/// says most about what is wrong.
unsigned weight(const Finding& finding) {
  if (finding.severity == Severity::warning) return 0;
  switch (finding.problem) {
    case Problem::expired:
    case Problem::not_yet_valid:
      return 1;
    case Problem::bad_signature:
      return 8;
    case Problem::no_trust_anchor:
    case Problem::self_signed_leaf:
      return 6;
    default:
      return 3;
  }
}

/// Accepted, then the least that is wrong, then the fewest warnings, then the shortest; the first
/// found wins a tie.
bool is_better(const Verdict& left, const Verdict& right) {
  const auto key = [](const Verdict& verdict) {
    unsigned sum = 0;
    for (const Finding& finding : verdict.findings) sum += weight(finding);
    return std::tuple(!verdict.accepted, sum, verdict.findings.size(),
                      verdict.path.certificates.size());
  };
  return key(left) < key(right);
}

/// What is asked, and those who are asked.
struct Inquiry {
  const VerifyRequest& request;
  const RevocationSource* revocation;
  UnixTime now;
  const ossl::Context& context;
};

/// A serial that is revoked says more than that it is another certificate's.
void report_recorded(const RevocationAnswer& answer, std::size_t depth, Findings& findings) {
  if (answer.recorded == RecordedAs::another_signature) {
    findings.error(Problem::signature_not_recorded, depth,
                   "its CA recorded it with another signature, or without one");
  }
  if (answer.recorded == RecordedAs::another_certificate) {
    constexpr const char* k_message = "its CA recorded another certificate with this serial";
    if (answer.status == RevocationStatus::revoked) {
      findings.warning(Problem::serial_of_another, depth, k_message);
    } else {
      findings.error(Problem::serial_of_another, depth, k_message);
    }
  }
}

/// Asks for every certificate below the end of the path whose signature held, and for the leaf
/// even where it is itself the anchor.
void check_revocation(const Path& path, const RevocationSource& source, Findings& findings) {
  for (std::size_t depth = 0; depth < path.certificates.size(); ++depth) {
    const bool is_last = depth + 1 == path.certificates.size();
    if (is_last && depth > 0) break;
    if (findings.has_error(Problem::bad_signature, depth)) continue;
    const x509::Certificate* const issuer =
        is_last ? nullptr : &path.certificates[depth + 1]->certificate();
    const RevocationAnswer answer = source.ask(path.certificates[depth]->certificate(), issuer);
    report_recorded(answer, depth, findings);
    if (answer.status != RevocationStatus::revoked) continue;
    findings.revoked(depth, {.revoked_at = answer.revoked_at, .reason = printable(answer.reason)});
  }
}

/// Names the first intermediate of the path that came with local_pool alone.
void report_not_sent(const Path& path, const VerifyRequest& request, Findings& findings) {
  const auto is_in = [](const std::vector<x509::Certificate>& list, const x509::Certificate& one) {
    return std::find(list.begin(), list.end(), one) != list.end();
  };
  for (std::size_t depth = 1; depth + 1 < path.certificates.size(); ++depth) {
    const x509::Certificate& one = path.certificates[depth]->certificate();
    if (is_in(request.pool, one) || !is_in(request.local_pool, one)) continue;
    findings.warning(Problem::intermediate_not_sent, depth,
                     "this intermediate is not in the file: servers and clients that do not have "
                     "it refuse the certificate");
    return;
  }
}

Verdict judge(const Path& path, const Inquiry& inquiry) {
  Findings findings(path, inquiry.request.purpose);
  apply_rules(path, {.request = inquiry.request, .now = inquiry.now, .context = inquiry.context},
              findings);
  const Judged judged = judge_with_libcrypto(path, inquiry.request, inquiry.context, findings);
  if (judged == Judged::yes && inquiry.revocation != nullptr) {
    check_revocation(path, *inquiry.revocation, findings);
  }
  const bool accepted =
      path.end == PathEnd::anchor && judged == Judged::yes && !findings.has_errors();
  if (accepted) report_not_sent(path, inquiry.request, findings);
  return {.path = path, .findings = std::move(findings).take(), .accepted = accepted};
}

/// Adds the finding that a path without an anchor ends where it does.
void report_dead_end(const PathBuilder& builder, const VerifyRequest& request, Findings& findings) {
  const Path& path = builder.dead_end();
  const std::size_t depth = path.certificates.size() - 1;
  const x509::Certificate& last = path.certificates.back()->certificate();
  if (!builder.has_anchor()) {
    findings.error(Problem::no_trust_anchor, depth,
                   request.anchor_fingerprint
                       ? format("no certificate given has the fingerprint {}",
                                to_colon_hex(*request.anchor_fingerprint))
                       : std::string("there is nothing to trust: no CA certificate was given"));
    if (path.end != PathEnd::self_signed) return;
  }
  switch (path.end) {
    case PathEnd::self_signed:
      if (depth == 0) {
        findings.error(Problem::self_signed_leaf, depth,
                       "it is self-signed, and not itself among what is trusted");
      } else if (builder.has_anchor()) {
        findings.error(Problem::no_trust_anchor, depth,
                       "it is self-signed, and not among what is trusted");
      }
      return;
    case PathEnd::too_deep:
      findings.error(Problem::budget_exceeded, depth,
                     format("the path is longer than {} certificates above the first",
                            request.budget.max_depth));
      return;
    case PathEnd::given_up:
      return;
    case PathEnd::anchor:
    case PathEnd::no_issuer:
      findings.error(
          Problem::no_trust_anchor, depth,
          format("its issuer, {}, is not among the certificates given", shown_name(last.issuer())));
      return;
  }
}

Verdict judge_dead_end(const PathBuilder& builder, const Inquiry& inquiry) {
  const Path& path = builder.dead_end();
  Verdict verdict = judge(path, inquiry);
  Findings why(path, inquiry.request.purpose);
  report_dead_end(builder, inquiry.request, why);
  std::vector<Finding> findings = std::move(why).take();
  std::move(verdict.findings.begin(), verdict.findings.end(), std::back_inserter(findings));
  verdict.findings = std::move(findings);
  verdict.accepted = false;
  return verdict;
}

VerifyReport to_report(Verdict verdict, unsigned paths_tried) {
  VerifyReport report{.accepted = verdict.accepted,
                      .path = {},
                      .anchor = {},
                      .findings = std::move(verdict.findings),
                      .paths_tried = paths_tried};
  for (Candidate* const each : verdict.path.certificates) {
    report.path.push_back(each->certificate());
  }
  if (verdict.path.end == PathEnd::anchor) report.anchor = report.path.back();
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const Finding& left, const Finding& right) {
                     return std::tie(left.severity, left.depth, left.problem) <
                            std::tie(right.severity, right.depth, right.problem);
                   });
  return report;
}

}  // namespace

std::string revocation_text(const RevocationFacts& revocation) {
  std::string text = "revoked";
  if (revocation.revoked_at) text += " at " + to_rfc3339(*revocation.revoked_at);
  if (!revocation.reason.empty()) text += ", reason " + revocation.reason;
  return text;
}

VerifyReport verify(const VerifyRequest& request, const RevocationSource* revocation,
                    const Clock& clock, const ossl::Context& context) {
  const Inquiry inquiry{
      .request = request, .revocation = revocation, .now = clock.now(), .context = context};
  PathBuilder builder(request, clock, context);
  std::optional<Verdict> best;
  unsigned paths_tried = 0;
  builder.build([&](const Path& path) {
    ++paths_tried;
    Verdict verdict = judge(path, inquiry);
    // A path that needs nothing of local_pool is better.
    const bool enough =
        verdict.accepted &&
        std::none_of(verdict.findings.begin(), verdict.findings.end(), [](const Finding& finding) {
          return finding.problem == Problem::intermediate_not_sent;
        });
    if (!best || is_better(verdict, *best)) best = std::move(verdict);
    return enough ? PathBuilder::Next::stop : PathBuilder::Next::go_on;
  });
  if (!best) best = judge_dead_end(builder, inquiry);
  if (!best->accepted && !builder.exhausted().empty()) {
    Findings more(best->path, request.purpose);
    more.error(Problem::budget_exceeded, 0, builder.exhausted());
    std::vector<Finding> findings = std::move(more).take();
    std::move(findings.begin(), findings.end(), std::back_inserter(best->findings));
  }
  return to_report(*std::move(best), paths_tried);
}

}  // namespace mtls::verify
