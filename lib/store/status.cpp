#include "store/status.hpp"

#include "base/base64.hpp"
#include "base/format.hpp"
#include "store/log_entry.hpp"
#include "store/record_row.hpp"

#include <algorithm>
#include <vector>

namespace mtls::store {
namespace {

// RFC 5280, section 5.3.1.
constexpr std::string_view k_hold = "certificateHold";

// What is said of serials: by rows, by the log's status entries, by the table revocations. The
// condition on the action is the one of the index log_status, word by word: SQLite uses a partial
// index only then.
constexpr std::string_view k_in_rows =
    "SELECT 'row', serial, standing_entry, state, revoked_time, note, fingerprint "
    "FROM certificates WHERE issuer = :issuer";
constexpr std::string_view k_in_log =
    "SELECT 'log', serial, seq, action, time, note, NULL FROM log_entries "
    "WHERE issuer = :issuer AND action IN ('revoke', 'unhold')";
constexpr std::string_view k_in_table =
    "SELECT 'table', serial, entry, 'revoke', time, reason, NULL FROM revocations "
    "WHERE issuer = :issuer";

/// One row of the above.
struct Saying {
  enum class Source { row, log, table };
  Source source;
  std::string serial;
  std::optional<std::int64_t> entry;  // of the log, where known
  std::string word;                   // a state or an action
  std::optional<UnixTime> time;
  std::string reason;
  std::string fingerprint;  // of a row; empty if it has none
};

DbError refuse(std::string_view column) {
  return {DbErrc::corrupt, format("column {} holds what it cannot", column)};
}

std::string query(std::string_view condition, std::string_view rows_condition,
                  RevocationsTable table) {
  std::string sql =
      format("{}{}{} UNION ALL {}{}", k_in_rows, condition, rows_condition, k_in_log, condition);
  if (table == RevocationsTable::present) sql += format(" UNION ALL {}{}", k_in_table, condition);
  return sql;
}

Saying read_saying(const Statement& row) {
  const std::string source = row.text(0);
  Saying saying{.source = source == "row"   ? Saying::Source::row
                          : source == "log" ? Saying::Source::log
                                            : Saying::Source::table,
                .serial = row.text(1),
                .entry = row.is_null(2) ? std::nullopt : std::optional(row.integer(2)),
                .word = row.text(3),
                .time = row.is_null(4) ? std::nullopt : std::optional(to_time(row.integer(4))),
                .reason = row.text(5),
                .fingerprint = row.optional_text(6).value_or("")};
  if (saying.source != Saying::Source::table) {
    saying.reason = reason_in_note(saying.reason).value_or("");
  }
  return saying;
}

bool revokes(const Saying& saying) {
  if (saying.source == Saying::Source::row) return saying.word == name(State::revoked);
  return saying.word == name(LogAction::revoke);
}

/// Whether `left` says better when and why: a row and the table have the time of the revocation,
/// the log that of its recording.
bool is_better(const Saying& left, const Saying& right) {
  const auto key = [](const Saying& saying) {
    return std::tuple(!saying.time.has_value(), saying.source == Saying::Source::log,
                      saying.time.value_or(UnixTime{}), saying.reason.empty());
  };
  return key(left) < key(right);
}

/// The revocation of one serial, from all that is said of it.
std::optional<Revocation> decide(const std::vector<Saying>& all) {
  std::int64_t last_unhold = 0;
  for (const Saying& saying : all) {
    if (saying.source != Saying::Source::log || revokes(saying)) continue;
    last_unhold = std::max(last_unhold, saying.entry.value_or(0));
  }
  const Saying* best = nullptr;
  for (const Saying& saying : all) {
    const bool ended = saying.reason == k_hold && saying.entry && *saying.entry < last_unhold;
    if (!revokes(saying) || ended) continue;
    if (best == nullptr || is_better(saying, *best)) best = &saying;
  }
  if (best == nullptr) return std::nullopt;
  return Revocation{.time = best->time, .reason = best->reason};
}

std::vector<Saying> read_sayings(Connection& connection, IssuerId issuer,
                                 const x509::SerialNumber& serial, RevocationsTable table) {
  const auto rows = connection.prepare(query(" AND serial = :serial", "", table));
  rows->bind("issuer", number(issuer)).bind("serial", serial.to_text());
  std::vector<Saying> all;
  while (rows->step()) all.push_back(read_saying(*rows));
  return all;
}

State read_state(std::string_view word) {
  const auto state = parse_state(word);
  if (!state) throw refuse("state");
  return *state;
}

ByteView tbs_of(const x509::Certificate& certificate) { return certificate.tbs(); }

bool same_octets(ByteView left, ByteView right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

Bytes read_octets(const Statement& row, int column, std::string_view shown) {
  const auto octets = from_base64(row.text(column));
  if (!octets) throw refuse(shown);
  return *octets;
}

/// Compares a certificate with the current row: its state, certificate and tbs.
Recorded compare(const Statement& row, const x509::Certificate& certificate) {
  if (row.is_null(1)) {
    if (row.is_null(2)) throw refuse("tbs");
    return same_octets(read_octets(row, 2, "tbs"), tbs_of(certificate)) ? Recorded::other_signature
                                                                        : Recorded::other_tbs;
  }
  const Bytes der = read_octets(row, 1, "certificate");
  if (same_octets(der, certificate.der())) return Recorded::yes;
  try {
    return same_octets(tbs_of(x509::Certificate::from_der(der)), tbs_of(certificate))
               ? Recorded::other_signature
               : Recorded::other_tbs;
  } catch (const Error&) {
    throw refuse("certificate");
  }
}

/// The row of the serial that is most like the certificate.
CertificateStatus find_row(Connection& connection, IssuerId issuer,
                           const x509::Certificate& certificate) {
  const auto rows = connection.prepare(
      "SELECT state, certificate, tbs FROM certificates WHERE issuer = :issuer "
      "AND serial = :serial ORDER BY id");
  rows->bind("issuer", number(issuer)).bind("serial", certificate.serial().to_text());
  CertificateStatus found;
  while (rows->step()) {
    const Recorded recorded = compare(*rows, certificate);
    if (recorded <= found.recorded) continue;
    found.recorded = recorded;
    if (recorded > Recorded::other_tbs) found.state = read_state(rows->text(0));
  }
  return found;
}

}  // namespace

std::string_view name(Status status) noexcept {
  switch (status) {
    case Status::valid:
      return "valid";
    case Status::not_yet_valid:
      return "not_yet_valid";
    case Status::expired:
      return "expired";
    case Status::on_hold:
      return "on_hold";
    case Status::revoked:
      return "revoked";
    case Status::pending:
      return "pending";
    case Status::unknown:
      return "unknown";
    case Status::abandoned:
      break;
  }
  return "abandoned";
}

Status status_at(State state, const std::optional<Revocation>& revocation,
                 const x509::Validity& validity, UnixTime at) {
  if (revocation) return revocation->reason == k_hold ? Status::on_hold : Status::revoked;
  switch (state) {
    case State::intent:
      return Status::pending;
    case State::unknown:
      return Status::unknown;
    case State::burnt:
      return Status::abandoned;
    case State::issued:
    case State::revoked:  // was on hold
      break;
  }
  if (at < validity.not_before) return Status::not_yet_valid;
  return validity.not_after < at ? Status::expired : Status::valid;
}

std::optional<Revocation> find_revocation(Connection& connection, IssuerId issuer,
                                          const x509::SerialNumber& serial,
                                          RevocationsTable table) {
  return decide(read_sayings(connection, issuer, serial, table));
}

std::map<x509::SerialNumber, Revocation> find_revocations(Connection& connection, IssuerId issuer,
                                                          RevocationsTable table) {
  const auto rows = connection.prepare(query("", " AND state = 'revoked'", table));
  rows->bind("issuer", number(issuer));
  std::map<std::string, std::vector<Saying>> sayings;
  while (rows->step()) {
    Saying saying = read_saying(*rows);
    sayings[saying.serial].push_back(std::move(saying));
  }
  std::map<x509::SerialNumber, Revocation> all;
  for (const auto& [text, said] : sayings) {
    const auto serial = x509::SerialNumber::parse(text);
    if (!serial) throw refuse("serial");
    if (auto revocation = decide(said)) all.emplace(*serial, *std::move(revocation));
  }
  return all;
}

CertificateStatus find_status(Connection& connection, IssuerId issuer,
                              const x509::Certificate& certificate, RevocationsTable table) {
  const auto all = read_sayings(connection, issuer, certificate.serial(), table);
  const std::string fingerprint = to_hex(certificate.fingerprint());
  CertificateStatus status;
  bool has_row = false;
  for (const Saying& saying : all) {
    if (saying.source != Saying::Source::row) continue;
    has_row = true;
    if (saying.fingerprint != fingerprint) continue;
    status.recorded = Recorded::yes;
    status.state = read_state(saying.word);
  }
  // Another fingerprint: an ECDSA signature has two encodings that hold, and the octets decide.
  if (has_row && status.recorded != Recorded::yes) {
    status = find_row(connection, issuer, certificate);
  }
  status.revocation = decide(all);
  if (status.revocation) {
    status.state = State::revoked;
  } else if (status.state == State::revoked) {
    status.state = State::issued;  // was on hold
  }
  return status;
}

Record with_status(Record record, const std::optional<Revocation>& revocation) {
  if (revocation) {
    if (record.state != State::revoked && !revocation->reason.empty()) {
      record.note = revocation_note(revocation->reason);
    }
    record.state = State::revoked;
    if (revocation->time) record.revoked_time = revocation->time;
  } else if (record.state == State::revoked) {  // was on hold
    record.state = record.certificate ? State::issued : State::unknown;
    record.revoked_time = std::nullopt;
  }
  return record;
}

}  // namespace mtls::store
