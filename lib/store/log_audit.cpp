#include "store/log_audit.hpp"

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/format.hpp"
#include "store/chain.hpp"
#include "store/record_row.hpp"
#include "store/row_parts.hpp"
#include "store/schema.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace mtls::store {
namespace {

constexpr std::int64_t k_page = 1024;

std::int64_t number(IssuerId issuer) noexcept { return static_cast<std::int64_t>(issuer); }

bool is_standing(LogAction action) noexcept {
  return action == LogAction::revoke || action == LogAction::unknown || action == LogAction::burn;
}

/// What the entry says that puts a row into `state`, if one does.
std::optional<LogAction> action_of(State state) noexcept {
  switch (state) {
    case State::revoked:
      return LogAction::revoke;
    case State::unknown:
      return LogAction::unknown;
    case State::burnt:
      return LogAction::burn;
    case State::intent:
    case State::issued:
      break;
  }
  return std::nullopt;
}

bool records_rows(LogAction action) noexcept {
  return action == LogAction::intent || action == LogAction::issue || action == LogAction::import;
}

/// What an entry committed to, and what was found of it.
struct Commitment {
  LogAction action;
  crypto::Sha256 content;
  std::int64_t count;
  std::int64_t seen = 0;
};

/// One audit, from the first entry to the last row.
class LogAudit final {
 public:
  LogAudit(Connection& connection, IssuerId issuer) : m_connection(connection), m_issuer(issuer) {}

  AuditReport run() {
    read_entries();
    for_each_row(m_connection, m_issuer, m_report, [this](const Record& row) { check_row(row); });
    check_commitments();
    check_ca_certificates();
    return std::move(m_report);
  }

 private:
  void find(Flaw flaw, std::optional<std::int64_t> entry, std::string serial, std::string message) {
    m_report.add({.flaw = flaw,
                  .issuer = m_issuer,
                  .entry = entry,
                  .serial = std::move(serial),
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
      find(Flaw::log_head, std::nullopt, "", "the issuer is not in the ledger");
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
      find(Flaw::log_gap, seq, "", format("entry {} follows entry {}", seq, last.seq));
    }
    try {
      const LogEntry entry = read_log_entry(row);
      if (entry.previous != last.hash) {
        find(Flaw::log_broken, seq, "",
             format("entry {} does not hold the hash of the entry before", seq));
      }
      if (hash_of(entry) != entry.hash) {
        find(Flaw::log_altered, seq, "", format("entry {} is not what its hash is of", seq));
      }
      last = entry.head();
      commit(entry);
    } catch (const DbError& error) {
      find(Flaw::log_altered, seq, "", format("entry {}: {}", seq, error.what()));
      last.seq = seq;
    }
  }

  void commit(const LogEntry& entry) {
    if (records_rows(entry.action) || is_standing(entry.action)) {
      m_commitments[entry.seq] = {
          .action = entry.action, .content = entry.content, .count = entry.count};
    }
    if (is_standing(entry.action) && entry.serial) {
      m_standing[entry.serial->to_text()].push_back(entry.seq);
    }
    if (entry.action == LogAction::ca_certificate) m_ca_certificates.insert(entry.content);
  }

  void check_head(const LogHead& last) {
    try {
      const auto head = read_log_head(m_connection, m_issuer);
      if (head != last) {
        find(Flaw::log_head, std::nullopt, "",
             format("the head of the log is {}, its last entry {}",
                    head ? head->to_text() : "missing", last.to_text()));
      }
    } catch (const DbError& error) {
      find(Flaw::log_head, std::nullopt, "", format("the head of the log: {}", error.what()));
    }
    m_report.head = last;
  }

  /// Compares one part of a row with its entry; parts of batches are gathered.
  void match(std::optional<std::int64_t> seq, std::initializer_list<LogAction> allowed,
             const std::string& serial, const crypto::Sha256& part) {
    const auto at = seq ? m_commitments.find(*seq) : m_commitments.end();
    if (at == m_commitments.end() ||
        std::find(allowed.begin(), allowed.end(), at->second.action) == allowed.end()) {
      find(Flaw::row_without_entry, seq, serial,
           seq ? format("entry {} is not one that records this", *seq) : "no entry records this");
      return;
    }
    Commitment& commitment = at->second;
    ++commitment.seen;
    if (commitment.count > 1) {
      m_leaves[*seq].push_back({serial, part});
    } else if (commitment.content != part) {
      find(Flaw::row_altered, seq, serial, "the row is not what the log committed to");
    }
  }

  void check_row(const Record& row) {
    const std::string serial = row.serial.to_text();
    try {
      if (row.origin == Origin::imported) {
        match(row.intent_entry, {LogAction::import}, serial, import_part(row));
        if (row.issue_entry != row.intent_entry) {
          find(Flaw::row_altered, row.issue_entry, serial, "an imported row has one entry");
        }
      } else {
        match(row.intent_entry, {LogAction::intent}, serial, intent_part(row));
        check_certificate(row, serial);
      }
    } catch (const Error& error) {
      find(Flaw::row_unreadable, row.intent_entry, serial, error.message());
    }
    check_standing(row, serial);
  }

  void check_certificate(const Record& row, const std::string& serial) {
    if (row.certificate && row.fingerprint) {
      match(row.issue_entry, {LogAction::issue}, serial, issue_part(row));
    } else if (row.certificate || row.fingerprint || row.issue_entry || row.issued_time) {
      find(Flaw::row_altered, row.issue_entry, serial,
           "a part of the certificate's columns is gone");
    }
  }

  void check_standing(const Record& row, const std::string& serial) {
    if (row.certificate && row.tbs) {
      find(Flaw::row_altered, row.issue_entry, serial, "a TBS stands beside the certificate");
    }
    if (row.origin == Origin::issued && (row.standing_entry || m_standing.contains(serial))) {
      m_own_standing[serial] = row.standing_entry;
    }
    if (row.standing_entry) {
      if (row.origin == Origin::imported) m_imported_standing.insert(*row.standing_entry);
      const auto said = action_of(row.state);
      if (said) {
        match(row.standing_entry, {*said}, serial, standing_part(row));
      } else {
        find(Flaw::row_altered, row.standing_entry, serial, "the row stands as no entry says");
      }
      return;
    }
    const State plain = row.certificate ? State::issued : State::intent;
    const UnixTime newest = std::max(row.intent_time, row.issued_time.value_or(row.intent_time));
    if (row.state != plain || !row.note.empty() || row.revoked_time || row.changed_time != newest) {
      find(Flaw::row_altered, std::nullopt, serial, "the row stands as no entry says");
    }
  }

  void check_commitments() {
    for (auto& [seq, commitment] : m_commitments) {
      if (is_standing(commitment.action)) continue;
      if (commitment.seen != commitment.count) {
        find(commitment.seen < commitment.count ? Flaw::entry_without_row : Flaw::row_without_entry,
             seq, "",
             format("entry {} is about {} rows, and {} refer to it", seq, commitment.count,
                    commitment.seen));
      } else if (commitment.count > 1 &&
                 batch_root(std::move(m_leaves[seq])) != commitment.content) {
        find(Flaw::row_altered, seq, "",
             format("the rows of entry {} are not what the log committed to", seq));
      }
    }
    for (const auto& [serial, entries] : m_standing) check_standing_entries(serial, entries);
    for (const auto& [serial, entry] : m_own_standing) {
      if (entry && !m_standing.contains(serial)) {
        find(Flaw::row_altered, entry, serial, "the row stands as no entry says");
      }
    }
  }

  /// Each entry about where a row stands has its row. Of our own there is one with the serial, and
  /// the last entry counts; imported ones may share a serial, even with one of ours, and each has
  /// one entry of its own.
  void check_standing_entries(const std::string& serial, const std::vector<std::int64_t>& entries) {
    std::vector<std::int64_t> left;
    std::copy_if(entries.begin(), entries.end(), std::back_inserter(left),
                 [this](std::int64_t seq) { return !m_imported_standing.contains(seq); });
    const auto own = m_own_standing.find(serial);
    if (own == m_own_standing.end()) {
      for (const std::int64_t seq : left) {
        find(Flaw::entry_without_row, seq, serial, format("no row stands as entry {} says", seq));
      }
      return;
    }
    const auto wanted = left.empty() ? std::nullopt : std::optional(left.back());
    if (wanted == own->second) return;
    find(Flaw::row_altered, wanted ? wanted : own->second, serial,
         wanted ? format("the row does not stand as entry {} says", *wanted)
                : "the row stands as no entry says");
  }

  void check_ca_certificates() {
    const auto rows = m_connection.prepare(
        "SELECT fingerprint, certificate FROM ca_certificates WHERE issuer = :issuer "
        "ORDER BY fingerprint");
    rows->bind("issuer", number(m_issuer));
    while (rows->step()) {
      const auto der = from_base64(rows->text(1));
      const auto hash = der ? std::optional(crypto::sha256(*der)) : std::nullopt;
      if (!hash || to_hex(*hash) != rows->text(0)) {
        find(Flaw::row_altered, std::nullopt, "",
             format("the CA certificate {} is not the one of that fingerprint", rows->text(0)));
      } else if (m_ca_certificates.erase(*hash) == 0) {
        find(Flaw::row_without_entry, std::nullopt, "",
             format("no entry records the CA certificate {}", rows->text(0)));
      }
    }
    for (const crypto::Sha256& missing : m_ca_certificates) {
      find(Flaw::entry_without_row, std::nullopt, "",
           format("the CA certificate {} is not there any more", to_hex(missing)));
    }
  }

  Connection& m_connection;
  IssuerId m_issuer;
  AuditReport m_report;
  std::map<std::int64_t, Commitment> m_commitments;
  std::unordered_map<std::int64_t, std::vector<Leaf>> m_leaves;
  std::unordered_map<std::string, std::vector<std::int64_t>> m_standing;  // serial → its entries
  std::unordered_map<std::string, std::optional<std::int64_t>> m_own_standing;  // as rows have it
  std::set<std::int64_t> m_imported_standing;
  std::set<crypto::Sha256> m_ca_certificates;
};

}  // namespace

AuditReport audit_log(Connection& connection, IssuerId issuer) {
  return LogAudit(connection, issuer).run();
}

void for_each_row(Connection& connection, IssuerId issuer, AuditReport& report,
                  const std::function<void(const Record&)>& row) {
  const auto page = connection.prepare(
      format("SELECT {} FROM certificates WHERE issuer = :issuer AND id > :after "
             "ORDER BY id LIMIT :page",
             k_record_columns));
  page->bind("issuer", number(issuer)).bind("page", k_page);
  const int id_column = k_record_columns_count - 1;
  for (std::int64_t after = std::numeric_limits<std::int64_t>::min();;) {
    std::int64_t read = 0;
    std::vector<Record> records;
    page->bind("after", after);
    for (; page->step(); ++read) {
      after = page->integer(id_column);
      ++report.rows;
      try {
        records.push_back(read_record(*page).record);
      } catch (const DbError& error) {
        report.add({.flaw = Flaw::row_unreadable,
                    .issuer = issuer,
                    .entry = std::nullopt,
                    .serial = {},
                    .message = format("row {}: {}", after, error.what())});
      }
    }
    for (const Record& record : records) row(record);
    if (read < k_page) return;
  }
}

}  // namespace mtls::store
