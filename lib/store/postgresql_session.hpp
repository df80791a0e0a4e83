// One session with a PostgreSQL server: what connection and statements share.
#pragma once

#include "store/libpq.hpp"
#include "store/named_parameters.hpp"
#include "store/postgresql_error.hpp"
#include "store/store_url.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mtls::store {

/// A statement as the server knows it.
struct ServerStatement {
  std::string name;
  std::vector<std::string> parameters;
  std::optional<int> columns;  // of its answer's rows, where its text says how many
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
/// something failed since the transaction began, and who is still reading. No call waits for ever:
/// where a server that keeps the connection says nothing for as long as the locks are waited for
/// and half a minute more (ten minutes while a snapshot is read, hours where `expect_long`), the
/// connection is given up and counts as lost.
class PostgresqlSession final {
 public:
  PostgresqlSession(StoreUrl url, OpenMode mode, std::chrono::milliseconds lock_timeout);

  [[nodiscard]] const LibpqTable& pq() const noexcept { return m_pq; }
  /// Null where it was given up, which libpq takes for a connection that is lost.
  [[nodiscard]] PGconn* get() const noexcept { return m_connection.get(); }
  [[nodiscard]] bool is_lost() const noexcept {
    return m_pq.status(m_connection.get()) != CONNECTION_OK;
  }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return m_warnings; }

  enum class Reading { no, yes };
  /// Runs the statements that begin a transaction. Throws where one is open already: to the server
  /// that is a mere warning.
  void begin(const std::string& sql, Reading reading);
  /// Throws as Connection::commit; outcome_unknown where the answer was lost or did not come.
  void commit();
  void roll_back() noexcept;
  /// Until the end of the transaction, or of the statement that is outside of one: an answer may
  /// take hours.
  void expect_long() noexcept { m_work = Work::long_lasting; }

  [[noreturn]] void fail(DbErrc kind, const std::string& message);
  /// Throws what `result` reports.
  [[noreturn]] void fail(const PGresult* result);
  /// Gives the connection up and throws unexpected_answer.
  [[noreturn]] void distrust(const std::string& message);
  /// Closes the connection, in whatever state it is, and says why to all that follows.
  void give_up(std::string_view why) noexcept;

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
  /// Calls `send` (of PQsend…), which returns whether it could, and takes the whole answer: returns
  /// the last result. Throws the first that failed.
  template <class Send>
  PgResult ask(const Send& send) {
    end_stream();
    if (send(m_connection.get()) == 0) fail(nullptr);
    return take_all();
  }
  /// The next result of what was sent; null behind the last one.
  [[nodiscard]] PgResult take_next();
  /// Takes ownership, and throws where it is not what a statement that worked has.
  PgResult require_done(PgResult result);
  /// The server's name of the statement for `sql`, prepared when it is first met.
  [[nodiscard]] const ServerStatement& prepare(std::string_view sql);

  /// Calls `call`. Where the connection turns out to be lost, and neither a transaction nor a
  /// half-read stream went with it, once more over a new one: the server was restarted while a
  /// listener had it open. Only for what may be done twice.
  template <class Call>
  decltype(auto) persist(const Call& call) {
    const bool renewable = !m_in_transaction && m_stream == nullptr && !m_is_renewing;
    if (renewable && is_lost()) {
      renew();
      return call();
    }
    try {
      return call();
    } catch (const DbError&) {
      // What was waited for in vain is not waited for once more.
      if (!renewable || !is_lost() || !m_given_up.empty()) throw;
    }
    renew();
    return call();
  }
  /// Whom to ask, over each connection in place of a lost one and before anything else is, whether
  /// that is still the same ledger: throws where it is not.
  void when_renewed(std::function<void()> check) { m_check = std::move(check); }
  /// After outcome_unknown: a new connection in place of a lost one.
  void reconnect();

 private:
  enum class Work { usual, reading, long_lasting };
  class Renewal;

  void connect();
  void settle();
  void warn_of_transport();
  void connect_patiently();
  void renew();
  void check_renewed();
  void end_idle(const std::string& backend);
  void end_transaction() noexcept;
  PgResult take_all();
  [[nodiscard]] std::chrono::milliseconds patience() const noexcept;

  const LibpqTable& m_pq;
  StoreUrl m_url;
  OpenMode m_mode;
  std::chrono::milliseconds m_lock_timeout;
  PgConnection m_connection;
  std::string m_backend;  // which of the server's processes serves it, and since when
  std::map<std::string, ServerStatement, std::less<>> m_prepared;
  std::vector<std::string> m_warnings;
  std::function<void()> m_check;
  std::string m_given_up;  // why; empty while it was not
  Stream* m_stream = nullptr;
  Work m_work = Work::usual;
  bool m_failed = false;
  bool m_in_transaction = false;
  bool m_is_renewing = false;
};

}  // namespace mtls::store
