#include "cmd/log_view.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/counted.hpp"

#include <nlohmann/json.hpp>

namespace mtls::cmd {
namespace {

std::string shown(std::string_view raw) { return readable(printable(raw)); }

std::string subject_of(const store::LogEntry& entry) {
  if (entry.serial) return entry.serial->to_text();
  return entry.count > 0 ? counted(entry.count, "certificate", "certificates") : "-";
}

}  // namespace

void put_entry(Json& document, const store::LogEntry& entry) {
  document["seq"] = entry.seq;
  document["time"] = to_rfc3339(entry.time);
  document["action"] = name(entry.action);
  document["serial"] = entry.serial ? Json(entry.serial->to_text()) : Json(nullptr);
  document["count"] = entry.count;
  document["actor"] = shown(entry.actor);
  document["host"] = shown(entry.host);
  document["profile"] = shown(entry.profile);
  document["profile_sha256"] = shown(entry.profile_hash);
  document["content"] = to_hex(entry.content);
  document["note"] = shown(entry.note);
  document["previous"] = to_hex(entry.previous);
  document["hash"] = to_hex(entry.hash);
}

std::string entry_line(const store::LogEntry& entry) {
  std::string line = format("{:>6}  {}  {:<15}  {:<32}", entry.seq, to_rfc3339(entry.time),
                            name(entry.action), subject_of(entry));
  line += format("  {} on {}", shown(entry.actor), shown(entry.host));
  if (!entry.profile.empty()) line += format("  {}", shown(entry.profile));
  if (!entry.note.empty()) line += format("  ({})", shown(entry.note));
  return line + "\n";
}

Json findings_json(const store::AuditReport& report) {
  Json findings = Json::array();
  for (const store::AuditFinding& finding : report.findings) {
    findings.push_back(
        {{"flaw", name(finding.flaw)},
         {"entry", finding.entry ? Json(*finding.entry) : Json(nullptr)},
         {"serial", finding.serial.empty() ? Json(nullptr) : Json(readable(finding.serial))},
         {"message", readable(finding.message)},
         {"hint", remedy(finding.flaw)}});
  }
  return findings;
}

std::string findings_text(const store::AuditReport& report) {
  std::string text;
  for (const store::AuditFinding& finding : report.findings) {
    text += format("  error: {}", readable(finding.message));
    if (!finding.serial.empty()) text += format(" [serial {}]", readable(finding.serial));
    text += format(" ({})\n    hint: {}\n", name(finding.flaw), remedy(finding.flaw));
  }
  const auto listed = static_cast<std::int64_t>(report.findings.size());
  if (report.found > listed) text += format("  and {} more\n", report.found - listed);
  if (report.accepted_losses > 0) {
    text += format(
        "  note: the rows of {} are gone, and somebody has answered for that: see accept_loss in "
        "'mtlsctl log show'\n",
        counted(report.accepted_losses, "entry", "entries"));
  }
  return text;
}

std::string_view remedy(store::Flaw flaw) noexcept {
  using store::Flaw;
  switch (flaw) {
    case Flaw::log_gap:
    case Flaw::log_broken:
    case Flaw::log_altered:
    case Flaw::log_head:
      return "entries were removed or changed: find out who wrote to the database, and compare "
             "with "
             "a backup";
    case Flaw::entry_without_row:
      return "a row was removed: restore a backup; without one 'mtlsctl store repair --files PATH' "
             "puts back certificates that are at hand, and 'mtlsctl store accept-loss' answers for "
             "the rest";
    case Flaw::row_without_entry:
      return "the row was not written by mtlsctl: find out what its certificate is used for";
    case Flaw::row_altered:
    case Flaw::row_wrong:
      return "the row was changed by hand: compare with a backup";
    case Flaw::row_unreadable:
      return "the row is damaged: restore it from a backup";
    case Flaw::foreign_issuer:
    case Flaw::bad_signature:
      return "the certificate is not this CA's: find out who put it there";
    case Flaw::duplicate_serial:
      return "revoke both and issue them again";
    case Flaw::engine:
      return "the file is damaged: 'mtlsctl store repair' rebuilds indexes, and 'mtlsctl store "
             "copy' "
             "takes along what can be read; for the rest restore a backup";
    case Flaw::schema:
      return "'mtlsctl store repair' makes indexes again; for the rest find out who changed the "
             "database, and copy the ledger into a new one ('mtlsctl store copy')";
  }
  return "";
}

std::string seen_text(const authority::SeenState& state) {
  if (state.verdict == authority::SeenVerdict::held) return {};
  const std::string_view kind = is_against(state) ? "error" : "note";
  return format("  {}: {} ({})\n    hint: {}\n", kind, state.message, name(state.verdict),
                state.hint);
}

bool is_against(const authority::SeenState& state) noexcept {
  return state.verdict != authority::SeenVerdict::held &&
         state.verdict != authority::SeenVerdict::absent;
}

}  // namespace mtls::cmd
