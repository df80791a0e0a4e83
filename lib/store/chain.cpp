#include "store/chain.hpp"

#include "store/record_row.hpp"
#include "store/schema.hpp"

#include <utility>

namespace mtls::store {
namespace {

/// A head that no entry bears was written by other hands: nothing is built upon it.
void require_entry(Connection& connection, IssuerId issuer, const LogHead& head) {
  const auto entry = connection.prepare(
      head.seq == 0 ? "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM log_entries WHERE issuer = :issuer)"
                    : "SELECT 1 FROM log_entries WHERE issuer = :issuer AND seq = :seq "
                      "AND hash = :hash");
  entry->bind("issuer", number(issuer));
  if (head.seq != 0) entry->bind("seq", head.seq).bind("hash", to_hex(head.hash));
  if (entry->step()) return;
  throw DbError(DbErrc::corrupt, "the head of a log is not its last entry");
}

LogHead lock_head(Connection& connection, IssuerId issuer) {
  const auto head = lock_log(connection, issuer);
  if (!head) {
    throw DbError(DbErrc::corrupt, "an issuer has no log, or a trigger keeps it from being taken");
  }
  require_entry(connection, issuer, *head);
  return *head;
}

}  // namespace

std::optional<LogHead> lock_log(Connection& connection, IssuerId issuer) {
  const auto statement = connection.prepare(
      "UPDATE log_heads SET seq = seq WHERE issuer = :issuer RETURNING seq, hash");
  statement->bind("issuer", number(issuer));
  if (!statement->step()) return std::nullopt;
  const LogHead head{.seq = statement->integer(0), .hash = read_digest(statement->text(1), "hash")};
  statement->run();
  return head;
}

ChainWriter::ChainWriter(Connection& connection, IssuerId issuer, Author author)
    : m_connection(connection),
      m_issuer(issuer),
      m_author(std::move(author)),
      m_head(lock_head(connection, issuer)) {}

std::int64_t ChainWriter::append(const LogSubject& subject) {
  LogEntry entry{.seq = next(),
                 .time = m_author.time,
                 .actor = m_author.actor,
                 .host = m_author.host,
                 .action = subject.action,
                 .serial = subject.serial,
                 .profile = subject.profile,
                 .profile_hash = subject.profile_hash,
                 .content = subject.content,
                 .count = subject.count,
                 .note = subject.note,
                 .previous = m_head.hash,
                 .hash = {}};
  entry.hash = hash_of(entry);
  if (!m_insertion) {
    m_insertion = m_connection.prepare(
        "INSERT INTO log_entries (issuer, seq, time, actor, host, action, serial, profile, "
        "profile_hash, content, row_count, note, previous, hash) VALUES (:issuer, :seq, :time, "
        ":actor, "
        ":host, :action, :serial, :profile, :profile_hash, :content, :row_count, :note, :previous, "
        ":hash)");
  }
  const std::int64_t inserted =
      m_insertion->bind("issuer", number(m_issuer))
          .bind("seq", entry.seq)
          .bind("time", to_seconds(entry.time))
          .bind("actor", entry.actor)
          .bind("host", entry.host)
          .bind("action", name(entry.action))
          .bind_optional("serial",
                         entry.serial ? std::optional(entry.serial->to_text()) : std::nullopt)
          .bind("profile", entry.profile)
          .bind("profile_hash", entry.profile_hash)
          .bind("content", to_hex(entry.content))
          .bind("row_count", entry.count)
          .bind("note", entry.note)
          .bind("previous", to_hex(entry.previous))
          .bind("hash", to_hex(entry.hash))
          .run();
  require_changed(inserted, 1);
  m_head = entry.head();
  return entry.seq;
}

LogHead ChainWriter::finish() {
  const std::int64_t updated =
      m_connection.prepare("UPDATE log_heads SET seq = :seq, hash = :hash WHERE issuer = :issuer")
          ->bind("seq", m_head.seq)
          .bind("hash", to_hex(m_head.hash))
          .bind("issuer", number(m_issuer))
          .run();
  require_changed(updated, 1);
  return m_head;
}

void begin_log(Connection& connection, IssuerId issuer) {
  const auto row =
      connection.prepare("SELECT subject_der, spki_hash FROM issuers WHERE issuer = :issuer");
  row->bind("issuer", number(issuer));
  if (!row->step()) throw DbError(DbErrc::corrupt, "an issuer is not in its table");
  const crypto::Sha256 origin =
      origin_of_log(read_meta(connection).ledger_id, row->text(0), row->text(1));
  connection
      .prepare(
          "INSERT INTO log_heads (issuer, seq, hash) VALUES (:issuer, 0, :hash) "
          "ON CONFLICT DO NOTHING")
      ->bind("issuer", number(issuer))
      .bind("hash", to_hex(origin))
      .run();
}

std::optional<LogHead> read_log_head(Connection& connection, IssuerId issuer) {
  const auto statement =
      connection.prepare("SELECT seq, hash FROM log_heads WHERE issuer = :issuer");
  statement->bind("issuer", number(issuer));
  if (!statement->step()) return std::nullopt;
  return LogHead{.seq = statement->integer(0), .hash = read_digest(statement->text(1), "hash")};
}

LogHead read_sound_log_head(Connection& connection, IssuerId issuer) {
  const auto head = read_log_head(connection, issuer);
  if (!head) throw DbError(DbErrc::corrupt, "an issuer has no log");
  require_entry(connection, issuer, *head);
  return *head;
}

bool has_entry(Connection& connection, IssuerId issuer, const LogHead& head) {
  // An empty log's origin is the `previous` of the first entry, or the head of one still empty.
  const auto statement = connection.prepare(
      head.seq > 0
          ? "SELECT 1 FROM log_entries WHERE issuer = :issuer AND seq = :seq AND hash = :hash"
          : "SELECT 1 FROM log_heads h WHERE issuer = :issuer AND :seq = 0 AND ((seq = 0 AND "
            "hash = :hash) OR EXISTS (SELECT 1 FROM log_entries e WHERE e.issuer = h.issuer "
            "AND e.seq = 1 AND e.previous = :hash))");
  statement->bind("issuer", number(issuer)).bind("seq", head.seq).bind("hash", to_hex(head.hash));
  return statement->step();
}

LogEntry read_log_entry(const Statement& statement) {
  const auto refuse = [](std::string_view column) {
    return DbError(DbErrc::corrupt, "column " + std::string(column) + " holds what it cannot");
  };
  const auto action = parse_log_action(statement.text(4));
  if (!action) throw refuse("action");
  std::optional<x509::SerialNumber> serial;
  if (const auto text = statement.optional_text(5)) {
    serial = x509::SerialNumber::parse(*text);
    if (!serial || serial->to_text() != *text) throw refuse("serial");
  }
  return {.seq = statement.integer(0),
          .time = to_time(statement.integer(1)),
          .actor = statement.text(2),
          .host = statement.text(3),
          .action = *action,
          .serial = serial,
          .profile = statement.text(6),
          .profile_hash = statement.text(7),
          .content = read_digest(statement.text(8), "content"),
          .count = statement.integer(9),
          .note = statement.text(10),
          .previous = read_digest(statement.text(11), "previous"),
          .hash = read_digest(statement.text(12), "hash")};
}

}  // namespace mtls::store
