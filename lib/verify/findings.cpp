#include "verify/findings.hpp"

#include "verify/hints.hpp"

#include <algorithm>
#include <tuple>

namespace mtls::verify {
namespace {

constexpr unsigned k_most_kept = 64;

}  // namespace

void Findings::error(Problem problem, std::size_t depth, std::string message) {
  add(problem, Severity::error, depth, std::move(message));
}

void Findings::revoked(std::size_t depth, RevocationFacts revocation) {
  const std::size_t before = m_findings.size();
  error(Problem::revoked, depth, revocation_text(revocation));
  const bool is_kept = m_findings.size() > before && m_findings.back().problem == Problem::revoked;
  if (is_kept) m_findings.back().revocation = std::move(revocation);
}

void Findings::warning(Problem problem, std::size_t depth, std::string message) {
  add(problem, Severity::warning, depth, std::move(message));
}

bool Findings::has_error(Problem problem, std::size_t depth) const noexcept {
  return m_errors.contains({problem, depth});
}

bool Findings::has_errors() const noexcept { return !m_errors.empty(); }

std::vector<Finding> Findings::take() && {
  std::stable_sort(m_findings.begin(), m_findings.end(), [](const auto& left, const auto& right) {
    return std::tie(left.severity, left.depth, left.problem) <
           std::tie(right.severity, right.depth, right.problem);
  });
  return std::move(m_findings);
}

void Findings::add(Problem problem, Severity severity, std::size_t depth, std::string message) {
  if (severity == Severity::error) m_errors.emplace(problem, depth);
  const unsigned count = ++m_counts[{severity, depth}];
  if (count > k_most_kept) return;
  if (count == k_most_kept) {
    problem = Problem::other;
    message = "there are more problems with it than are listed";
  }
  m_findings.push_back({.problem = problem,
                        .severity = severity,
                        .depth = depth,
                        .subject = m_path.certificates.at(depth)->shown_name(),
                        .message = std::move(message),
                        .hint = hint_for(problem, depth, m_purpose)});
}

}  // namespace mtls::verify
