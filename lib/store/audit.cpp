#include "store/audit.hpp"

#include "base/format.hpp"

#include <array>
#include <charconv>
#include <iterator>
#include <utility>

namespace mtls::store {
namespace {

constexpr std::string_view k_loss_note = "entry ";

}  // namespace

std::string_view name(Flaw flaw) noexcept {
  constexpr std::array<std::string_view, 14> k_names{
      "log_gap",           "log_broken",       "log_altered",    "log_head",  "entry_without_row",
      "row_without_entry", "row_altered",      "row_unreadable", "row_wrong", "foreign_issuer",
      "bad_signature",     "duplicate_serial", "engine",         "schema"};
  return k_names.at(static_cast<std::size_t>(flaw));
}

std::string loss_note(const LogLoss& loss) {
  return format("{}{}: {} lost, {} left", k_loss_note, loss.entry, loss.lost, loss.left);
}

std::optional<std::int64_t> parse_loss_note(std::string_view note) {
  if (note.substr(0, k_loss_note.size()) != k_loss_note) return std::nullopt;
  note.remove_prefix(k_loss_note.size());
  std::int64_t entry = 0;
  const char* const end = note.data() + note.size();
  const auto [rest, error] = std::from_chars(note.data(), end, entry);
  if (error != std::errc{} || rest == end || *rest != ':' || entry < 1) return std::nullopt;
  return entry;
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
  losses.insert(losses.end(), std::make_move_iterator(other.losses.begin()),
                std::make_move_iterator(other.losses.end()));
  accepted_losses += other.accepted_losses;
  schema_compared = schema_compared && other.schema_compared;
}

}  // namespace mtls::store
