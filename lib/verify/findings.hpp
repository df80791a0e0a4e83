// The findings of one path while they are gathered. Private to this room.
#pragma once

#include "verify/path.hpp"
#include "verify/verify.hpp"

#include <map>
#include <set>
#include <utility>

namespace mtls::verify {

/// Gathers findings on one path; adds subject and hint to each. Of one severity at most 64 are kept
/// for each certificate, the last of which says that there are more. Holds the path by reference.
class Findings final {
 public:
  Findings(const Path& path, Purpose purpose) : m_path(path), m_purpose(purpose) {}

  void error(Problem problem, std::size_t depth, std::string message);
  /// An error of Problem::revoked.
  void revoked(std::size_t depth, RevocationFacts revocation);
  void warning(Problem problem, std::size_t depth, std::string message);
  /// Whether an error of that kind was found at `depth`.
  [[nodiscard]] bool has_error(Problem problem, std::size_t depth) const noexcept;
  [[nodiscard]] bool has_errors() const noexcept;
  /// Errors first, then by depth, then in the order of Problem.
  [[nodiscard]] std::vector<Finding> take() &&;

 private:
  void add(Problem problem, Severity severity, std::size_t depth, std::string message);

  const Path& m_path;
  Purpose m_purpose;
  std::vector<Finding> m_findings;
  std::set<std::pair<Problem, std::size_t>> m_errors;  // and depth; also of those not kept
  std::map<std::pair<Severity, std::size_t>, unsigned> m_counts;
};

}  // namespace mtls::verify
