// The SQLite half of the seam: the only file that knows sqlite3.
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"
#include "base/utf8.hpp"
#include "store/db.hpp"
#include "store/patience.hpp"
#include "store/sqlite_file.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace mtls::store {
namespace {

constexpr int primary(int code) noexcept { return code & 0xff; }

/// Codes that go away by waiting. SQLITE_PROTOCOL is a lost race for the WAL's locks.
constexpr bool is_busy(int code) noexcept {
  return primary(code) == SQLITE_BUSY || primary(code) == SQLITE_PROTOCOL;
}

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

struct Close {
  // Not sqlite3_close, which leaks the connection where a statement outlives it.
  void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};

/// A database handle, its patience, and whether something failed since the transaction began.
class Session final {
 public:
  Session(const std::string& name, int flags, std::chrono::milliseconds lock_timeout)
      : m_patience(lock_timeout) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &opened, flags, nullptr);
    m_database.reset(opened);
    if (opened == nullptr) throw DbError(DbErrc::unavailable, "out of memory");
    sqlite3_extended_result_codes(opened, 1);
    if (code != SQLITE_OK) fail(sqlite3_extended_errcode(opened));
    sqlite3_busy_handler(opened, &on_busy, &m_patience);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() = default;

  [[nodiscard]] sqlite3* get() const noexcept { return m_database.get(); }
  [[nodiscard]] bool failed() const noexcept { return m_failed; }
  void forget_failures() noexcept { m_failed = false; }

  [[noreturn]] void fail(int code) {
    m_failed = true;
    throw make_error(m_database.get(), code);
  }
  [[noreturn]] void fail(DbErrc kind, std::string message) {
    m_failed = true;
    throw DbError(kind, std::move(message));
  }

  void step_back() noexcept { m_patience.step_back(); }

  /// Repeats `call` while it is busy and there is time. SQLite does not call its busy handler where
  /// waiting could be a deadlock: the switch to WAL by several at once, recovery, a lost snapshot.
  template <class Call>
  int persist(const Call& call) {
    m_patience.restart();
    for (;;) {
      const int code = call();
      if (!is_busy(code) || !m_patience.wait()) return code;
    }
  }

 private:
  std::unique_ptr<sqlite3, Close> m_database;
  Patience m_patience;
  bool m_failed = false;
};

class SqliteStatement final : public Statement {
 public:
  SqliteStatement(Session& session, std::string_view sql) : m_session(session) {
    sqlite3_stmt* prepared = nullptr;
    const char* rest = nullptr;
    const int code = session.persist([&] {
      return sqlite3_prepare_v2(session.get(), sql.data(), static_cast<int>(sql.size()), &prepared,
                                &rest);
    });
    m_statement.reset(prepared);
    if (code != SQLITE_OK) session.fail(code);
    if (prepared == nullptr || rest != sql.data() + sql.size()) {
      session.fail(DbErrc::other, "not exactly one statement");
    }
    m_bound.resize(static_cast<std::size_t>(sqlite3_bind_parameter_count(prepared)), false);
  }

  Statement& bind(std::string_view name, std::int64_t value) override {
    return check(sqlite3_bind_int64(m_statement.get(), start_binding(name), value));
  }
  Statement& bind(std::string_view name, std::string_view value) override {
    const int index = start_binding(name);
    if (value.find('\0') != std::string_view::npos || !decode_utf8(value)) {
      m_session.fail(DbErrc::other, format("the text for :{} holds a NUL or is not UTF-8", name));
    }
    return check(sqlite3_bind_text64(m_statement.get(), index,
                                     value.data() != nullptr ? value.data() : "", value.size(),
                                     SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  Statement& bind_null(std::string_view name) override {
    return check(sqlite3_bind_null(m_statement.get(), start_binding(name)));
  }

  bool step() override {
    if (m_run == Run::over) return false;
    const auto call = [this] { return sqlite3_step(m_statement.get()); };
    int code = SQLITE_OK;
    if (m_run == Run::not_begun) {
      require_all_bound();
      m_run = Run::begun;
      code = m_session.persist(call);
    } else {
      code = call();
    }
    if (code == SQLITE_ROW) return true;
    m_run = Run::over;
    if (code != SQLITE_DONE) m_session.fail(code);
    return false;
  }

  [[nodiscard]] std::int64_t integer(int column) const override {
    require_type(column, SQLITE_INTEGER);
    return sqlite3_column_int64(m_statement.get(), column);
  }
  [[nodiscard]] std::string text(int column) const override {
    require_type(column, SQLITE_TEXT);
    return converted_text(column);
  }
  /// Any value as text.
  [[nodiscard]] std::string converted_text(int column) const {
    const void* octets = sqlite3_column_text(m_statement.get(), column);
    const int size = sqlite3_column_bytes(m_statement.get(), column);
    if (octets == nullptr) m_session.fail(SQLITE_NOMEM);
    return {static_cast<const char*>(octets), static_cast<std::size_t>(size)};
  }
  [[nodiscard]] bool is_null(int column) const override {
    return sqlite3_column_type(m_statement.get(), column) == SQLITE_NULL;
  }

  std::int64_t run() override {
    while (step()) {
    }
    const bool reads = sqlite3_stmt_readonly(m_statement.get()) != 0;
    return reads ? 0 : sqlite3_changes64(m_session.get());
  }

 private:
  enum class Run { not_begun, begun, over };

  int start_binding(std::string_view name) {
    if (m_run != Run::not_begun) sqlite3_reset(m_statement.get());
    m_run = Run::not_begun;
    const int index = sqlite3_bind_parameter_index(m_statement.get(), format(":{}", name).c_str());
    if (index == 0) m_session.fail(DbErrc::other, format("no parameter :{}", name));
    m_bound[static_cast<std::size_t>(index - 1)] = true;
    return index;
  }
  Statement& check(int code) {
    if (code != SQLITE_OK) m_session.fail(code);
    return *this;
  }
  void require_all_bound() {
    // SQLite takes NULL for a forgotten one.
    if (std::find(m_bound.begin(), m_bound.end(), false) != m_bound.end()) {
      m_session.fail(DbErrc::other, "a parameter was not bound");
    }
  }
  void require_type(int column, int type) const {
    // SQLite would convert: a word in a number's place reads as 0.
    if (sqlite3_column_type(m_statement.get(), column) != type) {
      m_session.fail(DbErrc::corrupt, format("column {} has another type than its table's",
                                             printable(column_name(column))));
    }
  }
  [[nodiscard]] std::string column_name(int column) const {
    const char* name = sqlite3_column_name(m_statement.get(), column);
    return name != nullptr ? name : format("{}", column);
  }

  Session& m_session;
  std::unique_ptr<sqlite3_stmt, Finalize> m_statement;
  std::vector<bool> m_bound;
  Run m_run = Run::not_begun;
};

enum class Use { write, read, memory };

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(const std::string& name, Use use, std::chrono::milliseconds lock_timeout)
      : m_session(name, SQLITE_OPEN_READWRITE, lock_timeout) {
    if (use == Use::write && sqlite3_db_readonly(m_session.get(), "main") == 1) {
      throw DbError(DbErrc::readonly, "the file cannot be written");
    }
    harden();
    if (use == Use::memory) return;
    if (use == Use::read) {
      // Opened for writing where that is allowed: the last reader then tidies FILE-wal and FILE-shm
      // away, which it has to make for reading.
      execute("PRAGMA query_only=ON");
      return;
    }
    require_pragma("PRAGMA journal_mode=WAL", "wal");
    execute("PRAGMA synchronous=FULL");
    require_pragma("PRAGMA synchronous", "2");
  }

  std::unique_ptr<Statement> prepare(std::string_view sql) override {
    return std::make_unique<SqliteStatement>(m_session, sql);
  }

  void execute(std::string_view sql) override {
    const std::string text(sql);
    const int code = m_session.persist(
        [&] { return sqlite3_exec(m_session.get(), text.c_str(), nullptr, nullptr, nullptr); });
    if (code != SQLITE_OK) m_session.fail(code);
  }

  void define(std::string_view sql) override { execute(sql); }

  std::vector<std::string> tables() override {
    SqliteStatement statement(m_session,
                              R"(SELECT name FROM sqlite_master WHERE type IN ('table', 'view')
           AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name)");
    std::vector<std::string> names;
    while (statement.step()) names.push_back(statement.text(0));
    return names;
  }

  void rebuild_indexes(std::string_view table) override { execute(format("REINDEX {}", table)); }

  std::vector<std::string> damage() override {
    SqliteStatement statement(m_session, "PRAGMA integrity_check(20)");
    std::vector<std::string> lines;
    while (statement.step()) lines.push_back(printable(statement.converted_text(0)));
    if (lines.size() == 1 && lines.front() == "ok") lines.clear();
    return lines;
  }

  void begin_writing() override {
    m_session.step_back();
    begin("BEGIN IMMEDIATE");
  }
  void begin_exclusive() override { begin_writing(); }  // there is one writer at a time anyway
  void begin_reading() override { begin("BEGIN"); }

  void commit() override {
    if (m_session.failed()) {
      throw DbError(DbErrc::other, "a statement of the transaction has failed: not committed");
    }
    if (sqlite3_get_autocommit(m_session.get()) != 0) {
      throw DbError(DbErrc::other, "the transaction was rolled back");
    }
    execute("COMMIT");
  }

  void roll_back() noexcept override {
    // Some failures have rolled back already.
    if (sqlite3_get_autocommit(m_session.get()) != 0) return;
    sqlite3_exec(m_session.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

 private:
  void begin(std::string_view sql) {
    execute(sql);
    m_session.forget_failures();
  }

  /// A ledger is data: a hostile file brings no code along, and a damaged one is found early.
  void harden() {
    configure(SQLITE_DBCONFIG_ENABLE_FKEY, 1);
    configure(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
    configure(SQLITE_DBCONFIG_ENABLE_VIEW, 0);
    configure(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
    configure(SQLITE_DBCONFIG_DEFENSIVE, 1);
    configure(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
    configure(SQLITE_DBCONFIG_DQS_DML, 0);
    configure(SQLITE_DBCONFIG_DQS_DDL, 0);
    execute("PRAGMA cell_size_check=ON");
    execute("PRAGMA temp_store=MEMORY");  // nothing of a ledger is left in /var/tmp
  }

  void configure(int option, int wanted) {
    int got = -1;
    const int code = sqlite3_db_config(m_session.get(), option, wanted, &got);
    if (code != SQLITE_OK || got != wanted) {
      m_session.fail(DbErrc::unavailable, format("SQLite does not take option {}", option));
    }
  }

  void require_pragma(std::string_view sql, std::string_view wanted) {
    SqliteStatement statement(m_session, sql);
    const std::string got = statement.step() ? statement.converted_text(0) : "";
    while (statement.step()) {
    }
    if (got != wanted) {
      m_session.fail(
          DbErrc::unavailable,
          format("{} gave '{}': this file system cannot hold a ledger", sql, printable(got)));
    }
  }

  Session m_session;
};

}  // namespace

std::unique_ptr<Connection> open_sqlite(const Path& file, OpenMode mode,
                                        std::chrono::milliseconds lock_timeout) {
  return std::make_unique<SqliteConnection>(prepare_sqlite_file(file, mode),
                                            mode == OpenMode::read_only ? Use::read : Use::write,
                                            lock_timeout);
}

std::unique_ptr<Connection> open_sqlite_in_memory() {
  return std::make_unique<SqliteConnection>(":memory:", Use::memory, std::chrono::milliseconds(0));
}

}  // namespace mtls::store
