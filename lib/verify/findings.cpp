#include "verify/findings.hpp"

#include "verify/hints.hpp"

#include <algorithm>
#include <tuple>

namespace mtls::verify {

void Findings::error(Problem problem, std::size_t depth, std::string message) {
  add(problem, Severity::error, depth, std::move(message));
}

void Findings::warning(Problem problem, std::size_t depth, std::string message) {
  add(problem, Severity::warning, depth, std::move(message));
}

bool Findings::has_error(Problem problem, std::size_t depth) const noexcept {
  return std::any_of(m_findings.begin(), m_findings.end(), [&](const Finding& finding) {
    return finding.problem == problem && finding.depth == depth &&
           finding.severity == Severity::error;
  });
}

bool Findings::has_errors() const noexcept {
  return std::any_of(m_findings.begin(), m_findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::error; });
}

std::vector<Finding> Findings::take() && {
  std::stable_sort(m_findings.begin(), m_findings.end(), [](const auto& left, const auto& right) {
    return std::tie(left.severity, left.depth, left.problem) <
           std::tie(right.severity, right.depth, right.problem);
  });
  return std::move(m_findings);
}

void Findings::add(Problem problem, Severity severity, std::size_t depth, std::string message) {
  m_findings.push_back({.problem = problem,
                        .severity = severity,
                        .depth = depth,
                        .subject = shown_name(m_path.certificates.at(depth)->certificate()),
                        .message = std::move(message),
                        .hint = hint_for(problem, depth, m_purpose)});
}

}  // namespace mtls::verify
