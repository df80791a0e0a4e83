// The log of one issuer, written: entries that each hold the hash of the one before.
#pragma once

#include "store/db.hpp"
#include "store/log_entry.hpp"

namespace mtls::store {

/// What an entry is about; the rest of it the chain knows.
struct LogSubject {
  LogAction action;
  std::optional<x509::SerialNumber> serial = {};
  std::string profile = {};
  std::string profile_hash = {};
  crypto::Sha256 content = {};
  std::int64_t count = 0;
  std::string note = {};
};

/// Appends to the log of one issuer within a writing transaction of the caller's. Made first in it:
/// its first statement takes the row of the log's head, which puts writers in order on every
/// engine. Entries are in the table at once, the head with `finish`, without which the transaction
/// must not be committed.
class ChainWriter final {
 public:
  /// Throws DbError corrupt where the issuer has no log.
  ChainWriter(Connection& connection, IssuerId issuer, Author author);
  ChainWriter(const ChainWriter&) = delete;
  ChainWriter& operator=(const ChainWriter&) = delete;
  ChainWriter(ChainWriter&&) = default;
  ChainWriter& operator=(ChainWriter&&) = delete;
  ~ChainWriter() = default;

  /// Returns the number of the new entry.
  std::int64_t append(const LogSubject& subject);
  /// The number that the next entry will have.
  [[nodiscard]] std::int64_t next() const noexcept { return m_head.seq + 1; }
  /// Puts the new head into the table and returns it.
  LogHead finish();

 private:
  Connection& m_connection;
  IssuerId m_issuer;
  Author m_author;
  LogHead m_head{};
  std::unique_ptr<Statement> m_insertion;
};

/// Puts the empty log of a new issuer into the tables; within the caller's transaction.
void begin_log(Connection& connection, IssuerId issuer);

/// Takes the row of a log's head, as every change of the log does first, and waits for whoever has
/// it; within a writing transaction of the caller's. Returns it, or nothing where there is none.
std::optional<LogHead> lock_log(Connection& connection, IssuerId issuer);

/// Reads where an issuer's log ends; nothing where there is no such issuer.
[[nodiscard]] std::optional<LogHead> read_log_head(Connection& connection, IssuerId issuer);

/// The same of a log that must be there, and whose head must be an entry: DbError corrupt.
[[nodiscard]] LogHead read_sound_log_head(Connection& connection, IssuerId issuer);

/// Whether a log has this entry; an empty log's head is had by every log of the issuer.
[[nodiscard]] bool has_entry(Connection& connection, IssuerId issuer, const LogHead& head);

/// The columns of an entry in the order that read_log_entry reads.
inline constexpr std::string_view k_log_columns =
    "seq, time, actor, host, action, serial, profile, profile_hash, content, row_count, note, "
    "previous, "
    "hash";
/// Reads the current row of a statement that selected k_log_columns. Throws DbError corrupt where a
/// column does not hold what it should.
[[nodiscard]] LogEntry read_log_entry(const Statement& statement);

}  // namespace mtls::store
