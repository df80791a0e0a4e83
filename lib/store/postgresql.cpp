// The PostgreSQL half of the seam. Beside it: libpq.hpp (the module), postgresql_session.hpp,
// postgresql_statement.hpp, postgresql_error.hpp, named_parameters.hpp.
#include "base/escape.hpp"
#include "base/format.hpp"
#include "store/db.hpp"
#include "store/dialect.hpp"
#include "store/postgresql_session.hpp"
#include "store/postgresql_statement.hpp"

namespace mtls::store {
namespace {

/// Whoever changes the schema, or numbers issuers, holds it; one number for all of a database.
constexpr std::string_view k_lock = "SELECT pg_advisory_xact_lock(30808781602649196)";  // "mtlsctl"

class PostgresqlConnection final : public Connection {
 public:
  PostgresqlConnection(const StoreUrl& url, OpenMode mode, std::chrono::milliseconds lock_timeout)
      : m_session(url, mode, lock_timeout) {
    if (mode == OpenMode::create) make_schema();
  }

  std::unique_ptr<Statement> prepare(std::string_view sql) override {
    return std::make_unique<PostgresqlStatement>(m_session, sql);
  }
  void execute(std::string_view sql) override { m_session.execute(std::string(sql)); }
  void define(std::string_view sql) override { execute(to_postgresql(sql)); }
  std::vector<std::string> tables() override {
    PostgresqlStatement statement(m_session, R"(
        SELECT CAST(relname AS text) FROM pg_class
        WHERE relnamespace = to_regnamespace('mtlsctl') AND relkind IN ('r', 'p', 'v', 'm', 'f')
        ORDER BY relname)");
    std::vector<std::string> names;
    while (statement.step()) names.push_back(statement.text(0));
    return names;
  }
  [[nodiscard]] std::vector<std::string> warnings() const override { return m_session.warnings(); }

  void advance_ids(std::string_view table) override {
    execute(
        format("SELECT setval(pg_get_serial_sequence('mtlsctl.{0}', 'id'),"
               " (SELECT coalesce(max(id), 0) + 1 FROM {0}), false)",
               table));
  }
  std::optional<std::int64_t> server_time() override {
    const auto row = prepare("SELECT cast(floor(extract(epoch FROM clock_timestamp())) AS bigint)");
    if (!row->step()) return std::nullopt;
    return row->integer(0);
  }
  void reconnect() override { m_session.reconnect(); }

  void begin_writing() override { m_session.begin("BEGIN"); }
  void begin_exclusive() override {
    begin_writing();
    try {
      execute(k_lock);
    } catch (const DbError&) {
      roll_back();
      throw;
    }
  }
  void begin_reading() override {
    // A person may read a list page by page: an hour is no sign of a forgotten transaction.
    m_session.begin(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
        "SET LOCAL idle_in_transaction_session_timeout = '1h'");
  }

  void commit() override {
    if (m_session.failed()) {
      throw DbError(DbErrc::other, "a statement of the transaction has failed: not committed");
    }
    m_session.end_stream();
    m_session.end();
    const LibpqTable& pq = m_session.pq();
    const PgResult result(pq.exec(m_session.get(), "COMMIT"), ClearResult{&pq});
    if (pq.result_status(result.get()) == PGRES_COMMAND_OK) {
      if (std::string_view(pq.cmd_status(result.get())) == "COMMIT") return;
      m_session.fail(DbErrc::busy, "the server rolled the transaction back");
    }
    DbError failure = make_error(pq, result.get());
    if (failure.code() == DbErrc::unavailable) {
      throw DbError(DbErrc::outcome_unknown,
                    format("the connection was lost while it was committed: {}", failure.what()));
    }
    throw failure;
  }

  void roll_back() noexcept override {
    const LibpqTable& pq = m_session.pq();
    m_session.discard_stream();
    m_session.end();
    if (pq.transaction_status(m_session.get()) == PQTRANS_IDLE) return;
    const PgResult ignored(pq.exec(m_session.get(), "ROLLBACK"), ClearResult{&pq});
  }

 private:
  /// All of a ledger is in a schema of its own, so that a database may hold other things as well.
  /// One that stands already is used: its maker need not have the right to make schemas.
  void make_schema() {
    Transaction transaction(*this, Transaction::Kind::exclusive);
    const auto exists = prepare("SELECT 1 FROM pg_namespace WHERE nspname = 'mtlsctl'");
    if (exists->step()) return;
    execute("CREATE SCHEMA mtlsctl");
    transaction.commit();
  }

  PostgresqlSession m_session;
};

}  // namespace

std::unique_ptr<Connection> open_postgresql(const StoreUrl& url, OpenMode mode,
                                            std::chrono::milliseconds lock_timeout) {
  return std::make_unique<PostgresqlConnection>(url, mode, lock_timeout);
}

}  // namespace mtls::store
