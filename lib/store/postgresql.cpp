// The PostgreSQL half of the seam. Beside it: libpq.hpp (the module), postgresql_session.hpp,
// postgresql_statement.hpp, postgresql_error.hpp, named_parameters.hpp.
#include "base/escape.hpp"
#include "base/format.hpp"
#include "store/commit.hpp"
#include "store/db.hpp"
#include "store/dialect.hpp"
#include "store/postgresql_catalogue.hpp"
#include "store/postgresql_session.hpp"
#include "store/postgresql_statement.hpp"

namespace mtls::store {
namespace {

// Whoever changes the schema or numbers issuers holds it alone, and whoever writes holds it
// together with other writers: nobody writes into a schema that changes meanwhile. One number for
// all of a database: "mtlsctl".
constexpr std::string_view k_lock = "SELECT pg_advisory_xact_lock(30808781602649196)";
constexpr std::string_view k_shared_lock = "SELECT pg_advisory_xact_lock_shared(30808781602649196)";

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
  void define(std::string_view sql) override {
    m_session.expect_long();
    execute(to_postgresql(sql));
  }
  std::vector<std::string> tables() override {
    PostgresqlStatement statement(m_session, R"(
        SELECT CAST(relname AS text) FROM pg_class
        WHERE relnamespace = to_regnamespace('mtlsctl') AND relkind IN ('r', 'p', 'v', 'm', 'f')
        ORDER BY relname)");
    std::vector<std::string> names;
    while (statement.step()) names.push_back(statement.text(0));
    return names;
  }
  std::vector<SchemaObject> schema() override { return read_catalogue(*this, CatalogueOf::ledger); }
  /// As temporary tables, in a transaction that is rolled back.
  std::optional<std::vector<SchemaObject>> schema_made_by(
      const std::function<void(Connection&)>& make) override {
    if (is_standby()) return std::nullopt;
    m_session.begin("BEGIN READ WRITE; SET LOCAL search_path TO pg_temp",
                    PostgresqlSession::Reading::no);
    try {
      make(*this);
      auto objects = read_catalogue(*this, CatalogueOf::temporary);
      roll_back();
      return objects;
    } catch (const DbError& failure) {
      roll_back();
      if (failure.code() != DbErrc::readonly) throw;
      return std::nullopt;
    }
  }
  [[nodiscard]] std::vector<std::string> warnings() const override { return m_session.warnings(); }

  void advance_ids(std::string_view table) override {
    execute(
        format("SELECT setval(pg_get_serial_sequence('mtlsctl.{0}', 'id'),"
               " (SELECT coalesce(max(id), 0) + 1 FROM {0}), false)",
               table));
  }
  void rebuild_indexes(std::string_view table) override {
    m_session.expect_long();
    execute(format("REINDEX TABLE mtlsctl.{}", table));
  }
  std::optional<std::chrono::milliseconds> server_time() override {
    const auto row =
        prepare("SELECT cast(floor(extract(epoch FROM clock_timestamp()) * 1000) AS bigint)");
    if (!row->step()) return std::nullopt;
    return std::chrono::milliseconds(row->integer(0));
  }
  void reconnect() override { m_session.reconnect(); }
  void when_renewed(const std::function<void()>& check) override { m_session.when_renewed(check); }
  void expect_long() override { m_session.expect_long(); }

  void begin_writing() override {
    m_session.begin(format("BEGIN; {}", k_shared_lock), PostgresqlSession::Reading::no);
  }
  void begin_exclusive() override {
    m_session.begin(format("BEGIN; {}", k_lock), PostgresqlSession::Reading::no);
  }
  void begin_reading() override {
    // A person may read a list page by page: an hour is no sign of a forgotten transaction.
    m_session.begin(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
        "SET LOCAL idle_in_transaction_session_timeout = '1h'",
        PostgresqlSession::Reading::yes);
  }
  void commit() override { m_session.commit(); }
  void roll_back() noexcept override { m_session.roll_back(); }

 private:
  bool is_standby() {
    const auto row = prepare("SELECT 1 WHERE pg_is_in_recovery()");
    return row->step();
  }
  /// All of a ledger is in a schema of its own, so that a database may hold other things as well.
  /// One that stands already is used: its maker need not have the right to make schemas.
  void make_schema() {
    const auto exists = [this] {
      return prepare("SELECT 1 FROM pg_namespace WHERE nspname = 'mtlsctl'")->step();
    };
    if (exists()) return;
    Transaction transaction(*this, Transaction::Kind::exclusive);
    if (exists()) return;
    execute("CREATE SCHEMA mtlsctl");
    commit_or_look_up(*this, transaction, Transaction::Kind::exclusive, exists);
  }

  PostgresqlSession m_session;
};

}  // namespace

std::unique_ptr<Connection> open_postgresql(const StoreUrl& url, OpenMode mode,
                                            std::chrono::milliseconds lock_timeout) {
  return std::make_unique<PostgresqlConnection>(url, mode, lock_timeout);
}

}  // namespace mtls::store
