#include "base/format.hpp"
#include "store/ledger_data.hpp"
#include "store/log_audit.hpp"
#include "store/record_row.hpp"
#include "store/row_audit.hpp"
#include "store/schema.hpp"

#include <map>

namespace mtls::store {
namespace {

bool has_entry(Connection& connection, IssuerId issuer, const LogHead& head) {
  const auto statement = connection.prepare(
      "SELECT 1 FROM log_entries WHERE issuer = :issuer AND seq = :seq AND hash = :hash");
  statement->bind("issuer", static_cast<std::int64_t>(issuer))
      .bind("seq", head.seq)
      .bind("hash", to_hex(head.hash));
  return statement->step();
}

std::optional<LogEntry> read_entry(Connection& connection, IssuerId issuer, std::string_view which,
                                   const std::optional<std::int64_t>& seq) {
  const auto statement = connection.prepare(
      format("SELECT {} FROM log_entries WHERE issuer = :issuer {}", k_log_columns, which));
  statement->bind("issuer", static_cast<std::int64_t>(issuer));
  if (seq) statement->bind("seq", *seq);
  if (!statement->step()) return std::nullopt;
  return read_log_entry(*statement);
}

}  // namespace

void Ledger::Data::commit(Transaction& transaction, const Heads& heads) const {
  try {
    transaction.commit();
  } catch (const DbError& failure) {
    if (failure.code() != DbErrc::outcome_unknown) throw;
    switch (look_up_outcome(heads)) {
      case Outcome::unknown:
        throw;
      case Outcome::nothing:
        throw DbError(DbErrc::unavailable,
                      format("{}; nothing of the change was recorded", failure.what()));
      case Outcome::made:
        break;
    }
  }
  if (!appended) return;
  for (const auto& [issuer, head] : heads) appended(issuer, head);
}

Ledger::Data::Outcome Ledger::Data::look_up_outcome(const Heads& heads) const {
  try {
    connection->reconnect();
    for (const auto& [issuer, head] : heads) {
      if (!has_entry(*connection, issuer, head)) return Outcome::nothing;
    }
  } catch (const DbError&) {
    return Outcome::unknown;
  }
  return Outcome::made;
}

LogHead Ledger::log_head(IssuerId issuer) const {
  return m_data->guard([&] { return read_sound_log_head(*m_data->connection, issuer); });
}

bool Ledger::has_log_entry(IssuerId issuer, const LogHead& head) const {
  return m_data->guard([&] {
    // An empty log's origin is the `previous` of the first entry, or the head of one still empty.
    const auto statement = m_data->prepare(
        head.seq > 0
            ? "SELECT 1 FROM log_entries WHERE issuer = :issuer AND seq = :seq AND hash = :hash"
            : "SELECT 1 FROM log_heads h WHERE issuer = :issuer AND :seq = 0 AND ((seq = 0 AND "
              "hash = :hash) OR EXISTS (SELECT 1 FROM log_entries e WHERE e.issuer = h.issuer "
              "AND e.seq = 1 AND e.previous = :hash))");
    statement->bind("issuer", static_cast<std::int64_t>(issuer))
        .bind("seq", head.seq)
        .bind("hash", to_hex(head.hash));
    return statement->step();
  });
}

void Ledger::read_log(IssuerId issuer, std::int64_t first,
                      const std::function<Continue(const LogEntry&)>& entry) const {
  constexpr std::int64_t k_page = 1024;
  m_data->guard([&] {
    Transaction snapshot(*m_data->connection, Transaction::Kind::reading);
    const auto statement = m_data->prepare(
        format("SELECT {} FROM log_entries WHERE issuer = :issuer AND seq >= :first "
               "ORDER BY seq LIMIT :page",
               k_log_columns));
    statement->bind("issuer", static_cast<std::int64_t>(issuer)).bind("page", k_page);
    for (std::int64_t next = first;;) {
      statement->bind("first", next);
      std::vector<LogEntry> page;
      while (statement->step()) page.push_back(read_log_entry(*statement));
      for (const LogEntry& one : page) {
        if (entry(one) == Continue::no) return;
      }
      if (static_cast<std::int64_t>(page.size()) < k_page) return;
      next = page.back().seq + 1;
    }
  });
}

AuditReport Ledger::verify_log(IssuerId issuer) const {
  return m_data->guard([&] {
    const Transaction snapshot(*m_data->connection, Transaction::Kind::reading);
    return audit_log(*m_data->connection, issuer);
  });
}

AuditReport Ledger::check_rows(const ossl::Context& context) const {
  return m_data->guard([&] {
    AuditReport report;
    for (std::string& damage : m_data->connection->damage()) {
      report.add({.flaw = Flaw::engine,
                  .issuer = {},
                  .entry = std::nullopt,
                  .serial = {},
                  .message = std::move(damage)});
    }
    const Transaction snapshot(*m_data->connection, Transaction::Kind::reading);
    report.merge(audit_rows(*m_data->connection, context));
    return report;
  });
}

void Ledger::rebuild_indexes() {
  m_data->guard([&] {
    for (const Table& table : ledger_tables()) {
      try {
        m_data->connection->rebuild_indexes(table.name);
      } catch (const DbError& failure) {
        if (failure.code() != DbErrc::unique) throw;
        throw Error(Errc::ledger_damaged,
                    format("the indexes of {} cannot be rebuilt: {}", table.name, failure.what()),
                    "'mtlsctl store check' says which serials stand twice");
      }
    }
  });
}

std::vector<IssuerId> Ledger::issuers() const {
  return m_data->guard([&] {
    std::vector<IssuerId> all;
    const auto rows = m_data->prepare("SELECT issuer FROM issuers ORDER BY issuer");
    while (rows->step()) all.push_back(IssuerId{rows->integer(0)});
    return all;
  });
}

std::optional<LogEntry> Ledger::newest_entry(IssuerId issuer) const {
  return m_data->guard([&] {
    return read_entry(*m_data->connection, issuer, "ORDER BY seq DESC LIMIT 1", std::nullopt);
  });
}

std::optional<LogEntry> Ledger::find_entry(IssuerId issuer, std::int64_t seq) const {
  return m_data->guard(
      [&] { return read_entry(*m_data->connection, issuer, "AND seq = :seq", seq); });
}

bool Ledger::has_accepted_time(IssuerId issuer, const Acceptance& accepted) const {
  return m_data->guard([&] {
    const auto statement = m_data->prepare(
        format("SELECT 1 FROM log_entries WHERE issuer = :issuer AND action = 'accept_clock' AND "
               "{} = :what",
               accepted.serial ? "serial" : "content"));
    statement->bind("issuer", static_cast<std::int64_t>(issuer))
        .bind("what", accepted.serial ? accepted.serial->to_text() : to_hex(accepted.entry));
    return statement->step();
  });
}

void Ledger::accept(IssuerId issuer, const Acceptance& accepted, const Author& author) {
  if (!is_storable(accepted.note)) {
    throw Error(Errc::malformed, "the note holds a NUL or is not UTF-8");
  }
  const std::map<IssuerId, LogSubject> entry{{issuer,
                                              {.action = accepted.what,
                                               .serial = accepted.serial,
                                               .content = accepted.entry,
                                               .note = accepted.note}}};
  m_data->change(entry, m_data->dated(author),
                 [](Connection& /*connection*/, ChainWriter& chain, IssuerId /*issuer*/,
                    const LogSubject& subject) { chain.append(subject); });
}

void Ledger::when_appended(std::function<void(IssuerId, const LogHead&)> told) {
  m_data->appended = std::move(told);
}

}  // namespace mtls::store
