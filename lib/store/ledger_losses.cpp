// Answering for rows that are gone: audited beside everybody's work, recorded in a moment.
#include "base/format.hpp"
#include "store/ledger_data.hpp"
#include "store/log_audit.hpp"
#include "store/row_audit.hpp"

#include <algorithm>
#include <map>
#include <variant>

namespace mtls::store {
namespace {

using std::chrono::steady_clock;

void require_losses_only(const AuditReport& report) {
  if (report.found == static_cast<std::int64_t>(report.losses.size())) return;
  const auto other =
      std::find_if(report.findings.begin(), report.findings.end(), [](const AuditFinding& finding) {
        return finding.flaw != Flaw::entry_without_row || !finding.entry;
      });
  throw Error(Errc::ledger_damaged,
              format("the log does not hold in other ways than by rows that are gone: {}",
                     other != report.findings.end() ? other->message : "more than can be listed"),
              "'mtlsctl log verify' lists all of it: restore a backup from before that");
}

/// Whether what was found of a log that ended with `audited` is so still, but for what later
/// entries added; behind the log's lock. What an entry committed to of its rows (their intents,
/// certificates and imports, revocations of imported ones) nothing changes afterwards, and of rows
/// that are gone nothing is said any more. Only another acceptance of a loss, or a migration, takes
/// up what was found.
bool holds_still(Connection& connection, IssuerId issuer, const LogHead& audited) {
  if (!has_entry(connection, issuer, audited)) return false;
  const auto entries = connection.prepare(
      format("SELECT {} FROM log_entries WHERE issuer = :issuer AND seq > :seq ORDER BY seq",
             k_log_columns));
  entries->bind("issuer", number(issuer)).bind("seq", audited.seq);
  LogHead last = audited;
  while (entries->step()) {
    const LogEntry entry = read_log_entry(*entries);
    const bool follows = entry.seq == last.seq + 1 && entry.previous == last.hash;
    if (!follows || hash_of(entry) != entry.hash) return false;
    if (entry.action == LogAction::accept_loss || entry.action == LogAction::migration) {
      return false;
    }
    last = entry.head();
  }
  return true;
}

void append_losses(ChainWriter& chain, const std::vector<LogLoss>& losses) {
  for (const LogLoss& loss : losses) {
    chain.append({.action = LogAction::accept_loss,
                  .serial = loss.serial,
                  .content = loss.content,
                  .count = loss.left,
                  .note = loss_note(loss)});
  }
}

}  // namespace

std::vector<LogLoss> Ledger::accept_losses(IssuerId issuer, const Author& author,
                                           const ossl::Context& context) {
  constexpr int k_tries = 5;
  const std::map<IssuerId, std::monostate> only{{issuer, {}}};
  const auto begun = steady_clock::now();
  for (int tries = 0; tries < k_tries; ++tries) {
    const AuditReport audited = m_data->guard([&] {
      const Transaction snapshot(*m_data->connection, Transaction::Kind::reading);
      AuditReport report = audit_log(*m_data->connection, issuer);
      report.merge(audit_rows(*m_data->connection, context));
      return report;
    });
    require_losses_only(audited);
    if (audited.losses.empty()) return {};
    Author now = author;  // the audit may have taken long
    now.time += std::chrono::floor<std::chrono::seconds>(steady_clock::now() - begun);
    bool accepted = false;
    m_data->change(
        only, m_data->dated(now),
        [&](Connection& connection, ChainWriter& chain, IssuerId of, std::monostate /*none*/) {
          accepted = holds_still(connection, of, audited.head.value());
          if (accepted) append_losses(chain, audited.losses);
        });
    if (accepted) return audited.losses;
  }
  throw Error(Errc::ledger_locked, "others accept losses of the same log meanwhile",
              "run the same command again");
}

}  // namespace mtls::store
