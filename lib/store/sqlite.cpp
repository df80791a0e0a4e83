// The SQLite half of the seam: the ways in. Beside it: sqlite_connection.hpp, sqlite_file.hpp,
// sqlite_session.hpp, sqlite_statement.hpp, still_connection.hpp.
#include "store/db.hpp"
#include "store/sqlite_file.hpp"
#include "store/still_connection.hpp"

namespace mtls::store {

std::unique_ptr<Connection> open_sqlite(const Path& file, OpenMode mode,
                                        std::chrono::milliseconds lock_timeout) {
  const SqliteUse use = mode == OpenMode::read_only ? SqliteUse::read : SqliteUse::write;
  return std::make_unique<SqliteConnection>(prepare_sqlite_file(file, mode), use, lock_timeout);
}

std::unique_ptr<Connection> read_sqlite(const Path& file, UnixTime now,
                                        std::chrono::milliseconds lock_timeout) {
  std::string name = prepare_sqlite_file(file, OpenMode::read_only);
  auto still = StillFile::find(name, now);
  if (!still) return std::make_unique<SqliteConnection>(name, SqliteUse::read, lock_timeout);
  return std::make_unique<StillConnection>(std::move(name), std::move(*still), lock_timeout);
}

std::unique_ptr<Connection> open_sqlite_in_memory() {
  return std::make_unique<SqliteConnection>(":memory:", SqliteUse::memory,
                                            std::chrono::milliseconds(0));
}

}  // namespace mtls::store
