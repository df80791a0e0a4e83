#include "store/log_commitments.hpp"

#include "base/format.hpp"
#include "store/chain.hpp"
#include "store/schema.hpp"

#include <limits>

namespace mtls::store {
namespace {

constexpr std::int64_t k_page = 1024;

/// Whether an entry is about rows by their parts: a migration's may be.
bool records_rows(const LogEntry& entry) noexcept {
  return entry.action == LogAction::intent || entry.action == LogAction::issue ||
         entry.action == LogAction::import ||
         (entry.action == LogAction::migration && entry.count > 0);
}

class LogReader final {
 public:
  LogReader(Connection& connection, IssuerId issuer, AuditReport& report)
      : m_connection(connection), m_issuer(issuer), m_report(report) {}

  LogCommitments run() {
    read_entries();
    return std::move(m_read);
  }

 private:
  void find(Flaw flaw, std::optional<std::int64_t> entry, std::string message) {
    m_report.add({.flaw = flaw,
                  .issuer = m_issuer,
                  .entry = entry,
                  .serial = {},
                  .message = std::move(message)});
  }

  [[nodiscard]] std::optional<crypto::Sha256> origin() const {
    const auto row =
        m_connection.prepare("SELECT subject_der, spki_hash FROM issuers WHERE issuer = :issuer");
    row->bind("issuer", number(m_issuer));
    if (!row->step()) return std::nullopt;
    return origin_of_log(read_meta(m_connection).ledger_id, row->text(0), row->text(1));
  }

  void read_entries() {
    const auto first = origin();
    if (!first) {
      find(Flaw::log_head, std::nullopt, "the issuer is not in the ledger");
      return;
    }
    LogHead last{.seq = 0, .hash = *first};
    const auto page = m_connection.prepare(
        format("SELECT {} FROM log_entries WHERE issuer = :issuer AND seq > :after "
               "ORDER BY seq LIMIT :page",
               k_log_columns));
    page->bind("issuer", number(m_issuer)).bind("page", k_page);
    for (std::int64_t after = std::numeric_limits<std::int64_t>::min();;) {
      std::int64_t read = 0;
      page->bind("after", after);
      for (; page->step(); ++read) {
        after = page->integer(0);
        take_entry(*page, last);
      }
      if (read < k_page) break;
    }
    check_head(last);
  }

  void take_entry(const Statement& row, LogHead& last) {
    const std::int64_t seq = row.integer(0);
    ++m_report.entries;
    if (seq != last.seq + 1) {
      find(Flaw::log_gap, seq, format("entry {} follows entry {}", seq, last.seq));
    }
    try {
      const LogEntry entry = read_log_entry(row);
      if (entry.previous != last.hash) {
        find(Flaw::log_broken, seq,
             format("entry {} does not hold the hash of the entry before", seq));
      }
      if (hash_of(entry) != entry.hash) {
        find(Flaw::log_altered, seq, format("entry {} is not what its hash is of", seq));
      }
      last = entry.head();
      commit(entry);
    } catch (const DbError& error) {
      find(Flaw::log_altered, seq, format("entry {}: {}", seq, error.what()));
      last.seq = seq;
    }
  }

  void commit(const LogEntry& entry) {
    if (entry.action == LogAction::accept_loss) take_acceptance(entry);
    if (records_rows(entry) && entry.action == LogAction::migration) m_read.recommitted = entry.seq;
    if (records_rows(entry) || is_standing(entry.action)) {
      m_read.entries[entry.seq] = {
          .action = entry.action, .content = entry.content, .count = entry.count};
    }
    if (is_standing(entry.action) && entry.serial) {
      m_read.standing[entry.serial->to_text()].push_back(entry.seq);
    }
    if (entry.action == LogAction::ca_certificate) m_read.ca_certificates.insert(entry.content);
  }

  void take_acceptance(const LogEntry& entry) {
    const auto about = parse_loss_note(entry.note);
    if (!about || *about >= entry.seq) {
      find(Flaw::log_altered, entry.seq,
           format("entry {} does not say which entry's loss it accepts", entry.seq));
      return;
    }
    m_read.accepted[*about] = {.content = entry.content, .left = entry.count};
  }

  void check_head(const LogHead& last) {
    try {
      const auto head = read_log_head(m_connection, m_issuer);
      if (head != last) {
        find(Flaw::log_head, std::nullopt,
             format("the head of the log is {}, its last entry {}",
                    head ? head->to_text() : "missing", last.to_text()));
      }
    } catch (const DbError& error) {
      find(Flaw::log_head, std::nullopt, format("the head of the log: {}", error.what()));
    }
    m_report.head = last;
  }

  Connection& m_connection;
  IssuerId m_issuer;
  AuditReport& m_report;
  LogCommitments m_read;
};

}  // namespace

bool is_standing(LogAction action) noexcept {
  return action == LogAction::revoke || action == LogAction::unknown || action == LogAction::burn;
}

LogCommitments read_commitments(Connection& connection, IssuerId issuer, AuditReport& report) {
  return LogReader(connection, issuer, report).run();
}

}  // namespace mtls::store
