// What the tests of PostgreSQL's half share.
#pragma once

#include "lib/store/engine.hpp"
#include "lib/store/ledger_fixture.hpp"

#include <string>

namespace mtls::store::test {

/// The server with a table of its own in place of a ledger.
struct Server : PostgresqlServer {
  Server() {
    db().execute("CREATE TABLE t (a bigint PRIMARY KEY, b text NOT NULL)");
    db().execute("INSERT INTO t VALUES (1, 'one'), (2, 'two')");
  }
  [[nodiscard]] Connection& db() const { return *connection; }
};

inline std::optional<DbErrc> code_of_sql(Connection& connection, std::string_view sql) {
  return db_code_of([&] { connection.execute(sql); });
}

/// Ends every other session, as an administrator does.
inline void end_others(Connection& connection, std::string_view which = "true") {
  connection.execute(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
      "pid <> pg_backend_pid() AND backend_type = 'client backend' AND " +
      std::string(which));
}

/// Who records, now: the server's clock is a real one.
inline Author author_now() {
  Author now = author();
  now.time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return now;
}

}  // namespace mtls::store::test
