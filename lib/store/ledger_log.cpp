#include "base/format.hpp"
#include "store/commit.hpp"
#include "store/ledger_data.hpp"
#include "store/log_audit.hpp"
#include "store/record_row.hpp"
#include "store/row_audit.hpp"
#include "store/schema.hpp"
#include "store/schema_audit.hpp"

#include <algorithm>
#include <map>

namespace mtls::store {

namespace {

/// The entry of the current row, which is shown only as its hash was made of it.
LogEntry read_hashed_entry(const Statement& row) {
  LogEntry entry = read_log_entry(row);
  if (hash_of(entry) == entry.hash) return entry;
  throw DbError(DbErrc::corrupt,
                format("entry {} of a log is not the one that its hash was made of", entry.seq));
}

std::optional<LogEntry> read_entry(Connection& connection, IssuerId issuer, std::string_view which,
                                   const std::optional<std::int64_t>& seq) {
  const auto statement = connection.prepare(
      format("SELECT {} FROM log_entries WHERE issuer = :issuer {}", k_log_columns, which));
  statement->bind("issuer", number(issuer));
  if (seq) statement->bind("seq", *seq);
  if (!statement->step()) return std::nullopt;
  return read_hashed_entry(*statement);
}

}  // namespace

/// A lost session's transaction holds the row of each head until it is over, one way or the other,
/// and a new issuer's is behind the lock that every writing transaction begins with.
void Ledger::Data::commit(Transaction& transaction, const Heads& heads) {
  const auto is_locked = [this](const auto& head) {
    return lock_log(*connection, head.first).has_value();
  };
  const auto stands = [this](const auto& head) {
    return has_entry(*connection, head.first, head.second);
  };
  commit_or_look_up(*connection, transaction, Transaction::Kind::writing, [&] {
    return std::all_of(heads.begin(), heads.end(), is_locked) &&
           std::all_of(heads.begin(), heads.end(), stands);
  });
  for (const auto& [issuer, head] : heads) {
    see(issuer, head);
    if (appended) appended(issuer, head);
  }
}

LogHead Ledger::log_head(IssuerId issuer) const {
  return m_data->guard([&] {
    const LogHead head = read_sound_log_head(*m_data->connection, issuer);
    m_data->see(issuer, head);
    return head;
  });
}

bool Ledger::has_log_entry(IssuerId issuer, const LogHead& head) const {
  return m_data->guard([&] {
    const bool has = has_entry(*m_data->connection, issuer, head);
    if (has) m_data->see(issuer, head);
    return has;
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
    statement->bind("issuer", number(issuer)).bind("page", k_page);
    for (std::int64_t next = first;;) {
      statement->bind("first", next);
      std::vector<LogEntry> page;
      while (statement->step()) page.push_back(read_hashed_entry(*statement));
      for (const LogEntry& one : page) {
        if (one.seq < next) {
          throw DbError(DbErrc::corrupt,
                        "entries of a log are not in the order that was asked for");
        }
        next = one.seq + 1;
        if (entry(one) == Continue::no) return;
      }
      if (static_cast<std::int64_t>(page.size()) < k_page) return;
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
    report.merge(audit_schema(*m_data->connection));
    const bool damaged = report.found > 0;
    try {
      const Transaction snapshot(*m_data->connection, Transaction::Kind::reading);
      report.merge(audit_rows(*m_data->connection, context));
    } catch (const DbError& failure) {
      // Part of what was found already: the rows could not be read to the end.
      if (failure.code() != DbErrc::corrupt || !damaged) throw;
    }
    return report;
  });
}

void Ledger::rebuild_indexes() {
  m_data->guard([&] {
    try {
      restore_indexes(*m_data->connection);
      for (const Table& table : ledger_tables()) m_data->connection->rebuild_indexes(table.name);
    } catch (const DbError& failure) {
      if (failure.code() != DbErrc::unique) throw;
      throw Error(Errc::ledger_damaged, format("the indexes cannot be rebuilt: {}", failure.what()),
                  "'mtlsctl store check' says which serials stand twice");
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
    statement->bind("issuer", number(issuer))
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
