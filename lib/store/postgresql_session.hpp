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

/// A statement whose rows still come in: nothing else can be asked on its connection meanwhile.
class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;
  /// Takes the rest of its rows into memory.
  virtual void gather() = 0;
};

/// Makes and keeps the connection, with the settings that a ledger needs, and notes whether
/// something failed since the transaction began, and who is still reading.
class PostgresqlSession final {
 public:
  PostgresqlSession(StoreUrl url, OpenMode mode, std::chrono::milliseconds lock_timeout);

  [[nodiscard]] const LibpqTable& pq() const noexcept { return m_pq; }
  [[nodiscard]] PGconn* get() const noexcept { return m_connection.get(); }
  [[nodiscard]] bool failed() const noexcept { return m_failed; }
  /// Runs the statements that begin a transaction.
  void begin(const std::string& sql);
  void end() noexcept { m_in_transaction = false; }
  [[nodiscard]] bool is_lost() const noexcept {
    return m_pq.status(m_connection.get()) != CONNECTION_OK;
  }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return m_warnings; }

  [[noreturn]] void fail(DbErrc kind, const std::string& message);
  /// Throws what `result` reports.
  [[noreturn]] void fail(const PGresult* result);

  /// Who reads, if anybody: has to gather before the connection is used for anything else.
  void set_stream(Stream* stream) noexcept { m_stream = stream; }
  [[nodiscard]] bool is_reading(const Stream* stream) const noexcept { return m_stream == stream; }
  void end_stream() {
    if (m_stream != nullptr) m_stream->gather();
  }
  /// For ROLLBACK: whatever still comes in is thrown away.
  void discard_stream() noexcept;

  /// Runs statements without parameters; returns the last one's result.
  PgResult execute(const std::string& sql);
  /// Takes ownership, and throws where it is not what a statement that worked has.
  PgResult require_done(PGresult* result);
  /// The server's name of the statement for `sql`, prepared when it is first met.
  [[nodiscard]] const ServerStatement& prepare(std::string_view sql);
  /// Calls `call`. Where the connection turns out to be lost, and no transaction went with it, once
  /// more over a new one: the server was restarted while a listener had it open. Only for what may
  /// be done twice.
  template <class Call>
  decltype(auto) persist(const Call& call) {
    try {
      return call();
    } catch (const DbError&) {
      if (m_in_transaction || !is_lost()) throw;
    }
    connect();
    m_failed = false;
    return call();
  }
  /// A new connection in place of a lost one, once the lost one's transaction is over for certain.
  void reconnect();

 private:
  void connect();
  void settle();
  void warn_of_transport();
  void connect_patiently();
  void await_end_of(const std::string& backend);

  const LibpqTable& m_pq;
  StoreUrl m_url;
  OpenMode m_mode;
  std::chrono::milliseconds m_lock_timeout;
  PgConnection m_connection;
  std::string m_backend;  // which of the server's processes serves it, and since when
  std::map<std::string, ServerStatement, std::less<>> m_prepared;
  std::vector<std::string> m_warnings;
  Stream* m_stream = nullptr;
  bool m_failed = false;
  bool m_in_transaction = false;
};

}  // namespace mtls::store
