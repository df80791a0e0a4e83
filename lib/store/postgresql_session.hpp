// One session with a PostgreSQL server: what connection and statements share.
#pragma once

#include "store/libpq.hpp"
#include "store/named_parameters.hpp"
#include "store/postgresql_error.hpp"
#include "store/store_url.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mtls::store {

/// A statement as the server knows it.
struct ServerStatement {
  std::string name;
  std::vector<std::string> parameters;
};

/// Makes and keeps the connection, with the settings that a ledger needs, and notes whether
/// something failed since the transaction began.
class PostgresqlSession final {
 public:
  PostgresqlSession(const StoreUrl& url, OpenMode mode, std::chrono::milliseconds lock_timeout);

  [[nodiscard]] const LibpqTable& pq() const noexcept { return m_pq; }
  [[nodiscard]] PGconn* get() const noexcept { return m_connection.get(); }
  [[nodiscard]] bool failed() const noexcept { return m_failed; }
  void forget_failures() noexcept { m_failed = false; }
  [[nodiscard]] bool is_lost() const noexcept {
    return m_pq.status(m_connection.get()) != CONNECTION_OK;
  }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return m_warnings; }

  [[noreturn]] void fail(DbErrc kind, const std::string& message);
  /// Throws what `result` reports.
  [[noreturn]] void fail(const PGresult* result);

  /// Runs statements without parameters; returns the last one's result.
  PgResult execute(const std::string& sql);
  /// Takes ownership, and throws where it is not what a statement that worked has.
  PgResult require_done(PGresult* result);
  /// The server's name of the statement for `sql`, prepared when it is first met.
  [[nodiscard]] const ServerStatement& prepare(std::string_view sql);
  /// A new connection in place of a lost one, once the lost one's transaction is over for certain.
  void reconnect();

 private:
  void connect();
  void settle();
  void warn_of_transport();
  void await_end_of(const std::string& backend);

  const LibpqTable& m_pq;
  StoreUrl m_url;
  OpenMode m_mode;
  std::chrono::milliseconds m_lock_timeout;
  PgConnection m_connection;
  std::string m_backend;  // which of the server's processes serves it, and since when
  std::map<std::string, ServerStatement, std::less<>> m_prepared;
  std::vector<std::string> m_warnings;
  bool m_failed = false;
};

}  // namespace mtls::store
