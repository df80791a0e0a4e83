// The seam under the ledger: one SQL text for every engine, named parameters, errors by kind. No
// engine's type shows here. The shape and its reasons: docs/architecture.md.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "store/store_url.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::store {

/// What kind of failure an engine reported.
enum class DbErrc {
  unique,
  constraint,
  busy,
  full,
  undone,  // taken back for the sake of others at work: deadlock, serialization
  unavailable,
  corrupt,
  readonly,
  outcome_unknown,    // the connection was lost during COMMIT: read again
  unexpected_answer,  // a server's answer does not fit what it was asked: rows or columns too many
                      // or too few, or an error that no statement of ours can cause
  other,
};

/// An engine's failure. Never carries bound values. lib/store turns it into mtls::Error before it
/// leaves the room.
class DbError final : public std::exception {
 public:
  DbError(DbErrc code, std::string message) : m_code(code), m_message(std::move(message)) {}
  [[nodiscard]] DbErrc code() const noexcept { return m_code; }
  [[nodiscard]] const char* what() const noexcept override { return m_message.c_str(); }

 private:
  DbErrc m_code;
  std::string m_message;
};

/// One prepared statement with `:name` parameters, used for one run at a time; reset when it goes,
/// so that a half-read SELECT never holds a transaction open. Columns are counted from 0.
class Statement {
 public:
  Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  virtual ~Statement() = default;

  /// Binds by name, without the colon. Text with a NUL, or that is not UTF-8, is refused
  /// (DbErrc::other): an engine would cut it or refuse it.
  virtual Statement& bind(std::string_view name, std::int64_t value) = 0;
  virtual Statement& bind(std::string_view name, std::string_view value) = 0;
  virtual Statement& bind_null(std::string_view name) = 0;
  Statement& bind_optional(std::string_view name, const std::optional<std::string>& value) {
    return value ? bind(name, std::string_view(*value)) : bind_null(name);
  }

  /// Moves to the next row; false past the last, and again until the next `bind`. Every parameter
  /// must have been bound; `bind` after a run begins the next one and keeps the other values.
  virtual bool step() = 0;
  /// A column of the current row. One of another type than asked for is DbErrc::corrupt.
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual std::string text(int column) const = 0;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return text(column);
  }
  /// Runs to the end and returns how many rows were changed.
  virtual std::int64_t run() = 0;
  /// Binds what the `row`-th of several runs differs in.
  using BindRow = std::function<void(Statement&, std::size_t row)>;
  /// Runs it `count` times and returns how many rows each run changed. A loop on SQLite; on
  /// PostgreSQL they go out together (pipeline mode), since each alone would wait for its answer.
  /// Within a writing transaction; after a DbError none of them stands.
  virtual std::vector<std::int64_t> run_all(std::size_t count, const BindRow& bind_row);
};

/// Something that a schema consists of, as the engine describes it.
struct SchemaObject {
  std::string kind;  // "table", "index", "constraint", "trigger", "rule", "view" …
  std::string name;
  std::string table;  // that it belongs to; its own name for a table
  std::string definition;
};

/// One session with an engine. Not for several threads at once.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  [[nodiscard]] virtual std::unique_ptr<Statement> prepare(std::string_view sql) = 0;
  /// Runs a statement without parameters and results.
  virtual void execute(std::string_view sql) = 0;
  /// Runs a statement of a migration: written for SQLite, brought into the engine's own words
  /// (store/dialect.hpp).
  virtual void define(std::string_view sql) = 0;
  /// The names of all tables and views, the engine's own left out.
  [[nodiscard]] virtual std::vector<std::string> tables() = 0;
  /// What the schema consists of, the engine's own left out.
  [[nodiscard]] virtual std::vector<SchemaObject> schema() { return {}; }
  /// What `schema` would be had `make` defined it in an empty place: tried, and undone. Outside of
  /// a transaction. Nothing where this session may not try.
  [[nodiscard]] virtual std::optional<std::vector<SchemaObject>> schema_made_by(
      const std::function<void(Connection&)>& make) {
    static_cast<void>(make);
    return std::nullopt;
  }
  /// What is not as it should be with the server, for a person; none with SQLite.
  [[nodiscard]] virtual std::vector<std::string> warnings() const { return {}; }
  /// What time it is by the server's clock, since 1970; nothing where there is no server.
  [[nodiscard]] virtual std::optional<std::chrono::milliseconds> server_time() {
    return std::nullopt;
  }
  /// Makes the indexes of a table anew from its rows.
  virtual void rebuild_indexes(std::string_view table) = 0;
  /// What the engine's own check of its file finds; none where it has no such check.
  [[nodiscard]] virtual std::vector<std::string> damage() { return {}; }
  /// After rows were put into `table` with ids of their own: the next id is made behind them.
  virtual void advance_ids(std::string_view table) { static_cast<void>(table); }
  /// After outcome_unknown: a new session in place of the lost one. The lost one's transaction may
  /// still be under way: whoever looks for what became of it first takes a lock that it holds.
  virtual void reconnect() { throw DbError(DbErrc::other, "there is nothing to connect to"); }
  /// A lost session is replaced where nothing was open in it. `check` is called over each new one
  /// before anything else is, and throws where that is not the same ledger.
  virtual void when_renewed(const std::function<void()>& check) { static_cast<void>(check); }
  /// Until the end of the transaction: an answer may take hours, and its absence is no sign of a
  /// server that has stopped.
  virtual void expect_long() {}

  // For Transaction only. `commit` returns only when the change is durable, and throws where any
  // statement failed since `begin_…`, or where the engine rolled back instead (`busy`).
  virtual void begin_writing() = 0;
  virtual void begin_exclusive() = 0;
  virtual void begin_reading() = 0;
  virtual void commit() = 0;
  virtual void roll_back() noexcept = 0;
};

/// Throws corrupt where the database has taken another number of rows than were given to it: a
/// trigger or rule of somebody's swallows them.
void require_changed(std::int64_t changed, std::int64_t wanted);

/// A transaction: rolled back unless committed. There is none in another: `begin_…` throws then.
/// After any DbError inside it, `commit` throws instead of committing, on every engine. Writing
/// ones take SQLite's write lock at once; on PostgreSQL they meet others at the rows and unique
/// keys that they change.
class Transaction final {
 public:
  enum class Kind {
    reading,  ///< one snapshot
    writing,
    exclusive,  ///< writing, and no other exclusive one beside it: for schema and issuers
  };
  Transaction(Connection& connection, Kind kind);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Connection& m_connection;
  bool m_open = true;
};

enum class OpenMode {
  create,      ///< makes the file where there is none
  read_write,  ///< the file must be there
  read_only,   ///< the file must be there; nothing is changed in it
};

/// Opens a SQLite database: the lock timeout first, then journal_mode=WAL, synchronous=FULL,
/// foreign_keys=ON, each read back. The file is made 0600, durably and never through a symbolic
/// link. A name is only ever a name: no URI, no ":memory:". Each operation waits for locks up to
/// `lock_timeout`. Throws DbError, and Error where the file cannot be made.
///
/// Reading a WAL database, too, writes beside it (FILE-wal, FILE-shm): in a directory that cannot
/// be written `read_only` works only while a writer has it open, and is DbErrc::readonly otherwise.
[[nodiscard]] std::unique_ptr<Connection> open_sqlite(const Path& file, OpenMode mode,
                                                      std::chrono::milliseconds lock_timeout);

/// Opens it as `read_only` does; but where nobody has it open for writing, and at the time `now`
/// has not had for two seconds, short questions are answered from the file as it lies: nothing is
/// written beside it then, and it is faster. Should somebody begin to write it goes on as
/// read_only.
[[nodiscard]] std::unique_ptr<Connection> read_sqlite(const Path& file, UnixTime now,
                                                      std::chrono::milliseconds lock_timeout);

/// Connects to a PostgreSQL database (docs/ledger.md has the settings of the session). All of a
/// ledger is in the schema `mtlsctl`, which `create` makes where it is not there. Throws DbError,
/// and Error where the module with libpq cannot be loaded.
[[nodiscard]] std::unique_ptr<Connection> open_postgresql(const StoreUrl& url, OpenMode mode,
                                                          std::chrono::milliseconds lock_timeout);

/// Opens a database of its own in memory, with the same settings but for the journal.
[[nodiscard]] std::unique_ptr<Connection> open_sqlite_in_memory();

}  // namespace mtls::store
