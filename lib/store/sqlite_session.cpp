#include "store/sqlite_session.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"
#include "store/sqlite_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace mtls::store {
namespace {

constexpr int primary(int code) noexcept { return code & 0xff; }

/// Whether a statement failed because the schema is not the one that it was written for.
bool is_schema_defect(std::string_view message) noexcept {
  constexpr std::array<std::string_view, 8> k_signs{
      "no such ",       "has no column named", "access to view",       "cannot modify",
      "already exists", "to be reindexed",     "foreign key mismatch", "views may not be indexed"};
  return std::any_of(k_signs.begin(), k_signs.end(), [message](std::string_view sign) {
    return message.find(sign) != std::string_view::npos;
  });
}

DbErrc db_errc(int code, int system_error, std::string_view message) noexcept {
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
    return DbErrc::unique;
  }
  switch (primary(code)) {
    case SQLITE_CONSTRAINT:
      return DbErrc::constraint;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return DbErrc::busy;
    case SQLITE_FULL:
      return DbErrc::full;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return file_errc(system_error);
    case SQLITE_NOMEM:
      return DbErrc::unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
      return DbErrc::corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return DbErrc::readonly;
    case SQLITE_ERROR:
      return is_schema_defect(message) ? DbErrc::corrupt : DbErrc::other;
    default:
      return DbErrc::other;
  }
}

/// What the operating system said last, to whichever file: a failing COMMIT does not pass it on.
int last_system_error(sqlite3* database) noexcept {
  int error = sqlite3_system_errno(database);
  if (error != 0) return error;
  sqlite3_file* log = nullptr;
  sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (log != nullptr && log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
  }
  if (error == 0) sqlite3_file_control(database, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
  return error;
}

DbError make_error(sqlite3* database, int code) {
  const bool by_system = primary(code) == SQLITE_IOERR || primary(code) == SQLITE_CANTOPEN;
  int system_error = by_system ? last_system_error(database) : 0;
  // Files that it cannot make beside the ledger it then looks for: the cause is not that they are
  // not there.
  if (system_error == ENOENT) {
    const int refusal = find_directory_refusal(sqlite3_db_filename(database, "main"));
    if (refusal != 0) system_error = refusal;
  }
  const std::string_view message = sqlite3_errmsg(database);
  const DbErrc kind = db_errc(code, system_error, message);
  // The engine's own message only where it tells more; it can name tables of a hostile file.
  std::string words = primary(code) == SQLITE_ERROR ? printable(message) : sqlite3_errstr(code);
  if (system_error != 0) words += ": " + system_words(system_error);
  return {kind, format("{} (SQLite {})", words, code)};
}

int on_busy(void* patience, int /*calls*/) noexcept {
  return static_cast<Patience*>(patience)->wait() ? 1 : 0;
}

}  // namespace

bool is_sqlite_busy(int code) noexcept {
  // SQLITE_PROTOCOL is a lost race for the WAL's locks.
  return primary(code) == SQLITE_BUSY || primary(code) == SQLITE_PROTOCOL;
}

SqliteSession::SqliteSession(const std::string& name, int flags,
                             std::chrono::milliseconds lock_timeout)
    : m_patience(lock_timeout) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags, nullptr);
  m_database.reset(opened);
  if (opened == nullptr) throw DbError(DbErrc::unavailable, "out of memory");
  sqlite3_extended_result_codes(opened, 1);
  if (code != SQLITE_OK) fail(sqlite3_extended_errcode(opened));
  sqlite3_busy_handler(opened, &on_busy, &m_patience);
}

void SqliteSession::fail(int code) {
  m_failed = true;
  throw make_error(m_database.get(), code);
}

void SqliteSession::fail(DbErrc kind, std::string message) {
  m_failed = true;
  throw DbError(kind, std::move(message));
}

}  // namespace mtls::store
