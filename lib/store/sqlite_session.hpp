// A handle of SQLite's: for sqlite_connection.cpp and sqlite_statement.cpp only.
#pragma once

#include "store/db.hpp"
#include "store/patience.hpp"

#include <sqlite3.h>

#include <utility>

namespace mtls::store {

/// Whether a code goes away by waiting.
[[nodiscard]] bool is_sqlite_busy(int code) noexcept;

struct CloseSqlite {
  // Not sqlite3_close, which leaks the connection where a statement outlives it.
  void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
};

/// A database handle, its patience, and whether something failed since the transaction began.
class SqliteSession final {
 public:
  SqliteSession(const std::string& name, int flags, std::chrono::milliseconds lock_timeout);
  SqliteSession(const SqliteSession&) = delete;
  SqliteSession& operator=(const SqliteSession&) = delete;
  ~SqliteSession() = default;

  [[nodiscard]] sqlite3* get() const noexcept { return m_database.get(); }
  [[nodiscard]] bool failed() const noexcept { return m_failed; }
  void forget_failures() noexcept { m_failed = false; }

  /// Throws the engine's failure, or one of ours; the transaction is poisoned by either.
  [[noreturn]] void fail(int code);
  [[noreturn]] void fail(DbErrc kind, std::string message);

  void step_back() noexcept { m_patience.step_back(); }

  /// Repeats `call` while it is busy and there is time. SQLite does not call its busy handler where
  /// waiting could be a deadlock: the switch to WAL by several at once, recovery, a lost snapshot.
  template <class Call>
  int persist(const Call& call) {
    m_patience.restart();
    for (;;) {
      const int code = call();
      if (!is_sqlite_busy(code) || !m_patience.wait()) return code;
    }
  }

 private:
  std::unique_ptr<sqlite3, CloseSqlite> m_database;
  Patience m_patience;
  bool m_failed = false;
};

}  // namespace mtls::store
