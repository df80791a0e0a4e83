#include "store/audit.hpp"

#include <array>
#include <utility>

namespace mtls::store {

std::string_view name(Flaw flaw) noexcept {
  constexpr std::array<std::string_view, 13> k_names{
      "log_gap",           "log_broken",       "log_altered",    "log_head",  "entry_without_row",
      "row_without_entry", "row_altered",      "row_unreadable", "row_wrong", "foreign_issuer",
      "bad_signature",     "duplicate_serial", "engine"};
  return k_names.at(static_cast<std::size_t>(flaw));
}

void AuditReport::add(AuditFinding finding) {
  ++found;
  if (findings.size() < k_findings_limit) findings.push_back(std::move(finding));
}

void AuditReport::merge(AuditReport other) {
  entries += other.entries;
  rows += other.rows;
  const std::int64_t unlisted = other.found - static_cast<std::int64_t>(other.findings.size());
  for (AuditFinding& finding : other.findings) add(std::move(finding));
  found += unlisted;
}

}  // namespace mtls::store
