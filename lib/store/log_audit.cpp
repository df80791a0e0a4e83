#include "store/log_audit.hpp"

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/format.hpp"
#include "store/log_commitments.hpp"
#include "store/record_row.hpp"
#include "store/revocation_row.hpp"
#include "store/row_parts.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace mtls::store {
namespace {

constexpr std::int64_t k_page = 1024;

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

/// One audit, from the first entry to the last row.
class LogAudit final {
 public:
  LogAudit(Connection& connection, IssuerId issuer) : m_connection(connection), m_issuer(issuer) {}

  AuditReport run() {
    m_log = read_commitments(m_connection, m_issuer, m_report);
    for_each_row(m_connection, m_issuer, m_report, [this](const Record& row) { check_row(row); });
    check_revocations();
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

  /// Compares one part of a row with its entry; parts of batches are gathered.
  void match(std::optional<std::int64_t> seq, std::initializer_list<LogAction> allowed,
             const std::string& serial, const crypto::Sha256& part) {
    const auto at = seq ? m_log.entries.find(*seq) : m_log.entries.end();
    if (at == m_log.entries.end() ||
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
    if (row.origin == Origin::imported && !row.standing_entry && m_log.standing.contains(serial)) {
      m_unrevoked_imports.insert(serial);
    }
    if (row.origin == Origin::issued && (row.standing_entry || m_log.standing.contains(serial))) {
      m_own_standing[serial] = row.standing_entry;
    }
    if (row.standing_entry) {
      if (row.origin == Origin::imported) m_imported_standing.insert(*row.standing_entry);
      const auto said = action_of(row.state);
      if (said) {
        match_standing(row, *said, serial);
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

  void match_standing(const Record& row, LogAction said, const std::string& serial) {
    const Standing standing = standing_of(row);
    const auto at = m_log.entries.find(*row.standing_entry);
    const crypto::Sha256 older = standing_part_of_schema_2(standing);
    const bool is_older = at != m_log.entries.end() && at->second.content == older;
    match(row.standing_entry, {said}, serial, is_older ? older : standing_part(standing));
    if (row.origin == Origin::imported && m_log.recommitted &&
        *row.standing_entry < *m_log.recommitted) {
      ++m_log.entries[*m_log.recommitted].seen;
      m_leaves[*m_log.recommitted].push_back({serial, standing_part(standing)});
    }
  }

  /// What is revoked without a certificate has an entry of its own, as every row has.
  void check_revocations() {
    if (!has_revocations(m_connection)) return;
    const auto rows = m_connection.prepare(format(
        "SELECT {} FROM revocations WHERE issuer = :issuer ORDER BY serial", k_revocation_columns));
    rows->bind("issuer", number(m_issuer));
    while (rows->step()) {
      try {
        const RevocationRow row = read_revocation(*rows);
        match(row.entry, {LogAction::revoke}, row.revoked.serial.to_text(),
              revocation_part(row.revoked));
        m_revocations.insert(row.entry);
      } catch (const DbError& error) {
        find(Flaw::row_unreadable, std::nullopt, "", error.what());
      }
    }
  }

  void check_commitments() {
    for (const auto& [seq, commitment] : m_log.entries) {
      if (!is_standing(commitment.action)) check_commitment(seq, commitment);
    }
    require_whole_rows();
    m_report.accepted_losses = static_cast<std::int64_t>(m_log.accepted.size());
    for (const auto& [serial, entries] : m_log.standing) check_standing_entries(serial, entries);
    for (const auto& [serial, entry] : m_own_standing) {
      if (entry && !m_log.standing.contains(serial)) {
        find(Flaw::row_altered, entry, serial, "the row stands as no entry says");
      }
    }
  }

  void check_commitment(std::int64_t seq, const Commitment& commitment) {
    const auto accepted = m_log.accepted.find(seq);
    const bool reduced = accepted != m_log.accepted.end();
    const std::int64_t count = reduced ? accepted->second.left : commitment.count;
    const bool is_batch = commitment.count > 1 || commitment.action == LogAction::migration;
    if (commitment.seen > count) {
      find(Flaw::row_without_entry, seq, "",
           format("entry {} is about {} {}, and {} refer to it", seq, count,
                  count == 1 ? "row" : "rows", commitment.seen));
    } else if (commitment.seen < count) {
      lose(seq, count - commitment.seen, commitment.seen);
    } else if (is_batch && batch_root(m_leaves[seq]) !=
                               (reduced ? accepted->second.content : commitment.content)) {
      find(Flaw::row_altered, seq, "",
           format("the rows of entry {} are not what the log committed to", seq));
    }
  }

  [[nodiscard]] bool has_own_row(const std::string& serial) const {
    const auto row = m_connection.prepare(
        "SELECT 1 FROM certificates WHERE serial = :serial AND issuer = :issuer "
        "AND origin = 'issued'");
    row->bind("serial", serial).bind("issuer", number(m_issuer));
    return row->step();
  }

  void lose(std::int64_t seq, std::int64_t lost, std::int64_t left) {
    const auto entry = m_connection.prepare(
        "SELECT serial, action FROM log_entries WHERE issuer = :issuer AND seq = :seq");
    entry->bind("issuer", number(m_issuer)).bind("seq", seq);
    const auto text = entry->step() ? entry->optional_text(0) : std::nullopt;
    const auto serial = text ? x509::SerialNumber::parse(*text) : std::nullopt;
    if (text && entry->text(1) == name(LogAction::issue) && has_own_row(*text)) {
      find(Flaw::row_altered, seq, *text,
           format("the certificate that entry {} recorded was taken out of its row", seq));
      return;
    }
    find(Flaw::entry_without_row, seq, text.value_or(""),
         left > 0 ? format("{} of the {} rows that entry {} recorded {} gone", lost, lost + left,
                           seq, lost == 1 ? "is" : "are")
                  : format("what entry {} ({}) recorded is gone", seq, entry->text(1)));
    m_report.losses.push_back({.entry = seq,
                               .serial = serial,
                               .lost = lost,
                               .left = left,
                               .content = batch_root(m_leaves[seq])});
  }

  /// A row that is there, and does not stand so, was changed: it is not lost.
  void lose_standing(std::int64_t seq, const std::string& serial) {
    if (!m_unrevoked_imports.contains(serial)) {
      lose(seq, 1, 0);
      return;
    }
    find(Flaw::row_altered, seq, serial, format("no row stands as entry {} says", seq));
  }

  /// A certificate is lost with its row. One that went while the row of its intent stands, was
  /// taken out of it.
  void require_whole_rows() {
    std::int64_t intents = 0;
    std::int64_t certificates = 0;
    for (const auto& [seq, commitment] : m_log.entries) {
      const std::int64_t lost = commitment.count - commitment.seen;
      if (commitment.action == LogAction::intent) intents += lost;
      if (commitment.action == LogAction::issue) certificates += lost;
    }
    if (certificates <= intents) return;
    find(Flaw::row_altered, std::nullopt, "",
         format("more certificates are gone than rows ({} and {}): they were taken out of rows "
                "that are there",
                certificates, intents));
  }

  /// Each entry about where a row stands has its row. Of our own there is one with the serial, and
  /// the last entry counts; imported ones may share a serial, even with one of ours, and each has
  /// one entry of its own.
  void check_standing_entries(const std::string& serial, const std::vector<std::int64_t>& entries) {
    std::vector<std::int64_t> left;
    std::copy_if(entries.begin(), entries.end(), std::back_inserter(left),
                 [this](std::int64_t seq) {
                   return !m_imported_standing.contains(seq) && !m_revocations.contains(seq) &&
                          !m_log.accepted.contains(seq);
                 });
    const auto own = m_own_standing.find(serial);
    if (own == m_own_standing.end()) {
      for (const std::int64_t seq : left) lose_standing(seq, serial);
      return;
    }
    require_last_word(serial, left);
    const auto wanted = left.empty() ? std::nullopt : std::optional(left.back());
    if (wanted == own->second) return;
    find(Flaw::row_altered, wanted ? wanted : own->second, serial,
         wanted ? format("the row does not stand as entry {} says", *wanted)
                : "the row stands as no entry says");
  }

  /// Nothing is said of a row after its revocation.
  void require_last_word(const std::string& serial, const std::vector<std::int64_t>& entries) {
    for (std::size_t i = 0; i + 1 < entries.size(); ++i) {
      if (m_log.entries[entries[i]].action != LogAction::revoke) continue;
      find(Flaw::row_altered, entries[i + 1], serial,
           format("entry {} says something else of what entry {} revoked", entries[i + 1],
                  entries[i]));
    }
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
      } else if (m_log.ca_certificates.erase(*hash) == 0) {
        find(Flaw::row_without_entry, std::nullopt, "",
             format("no entry records the CA certificate {}", rows->text(0)));
      }
    }
    for (const crypto::Sha256& missing : m_log.ca_certificates) {
      find(
          Flaw::entry_without_row, std::nullopt, "",
          format("the CA certificate {} is not there any more: 'mtlsctl store repair --files' puts "
                 "it back from its file",
                 to_hex(missing)));
    }
  }

  Connection& m_connection;
  IssuerId m_issuer;
  AuditReport m_report;
  LogCommitments m_log;
  std::unordered_map<std::int64_t, std::vector<Leaf>> m_leaves;
  std::unordered_map<std::string, std::optional<std::int64_t>> m_own_standing;  // as rows have it
  std::set<std::int64_t> m_imported_standing;
  std::set<std::int64_t> m_revocations;       // entries of serials revoked without a certificate
  std::set<std::string> m_unrevoked_imports;  // of serials that the log says something of
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
