#include "store/sqlite_connection.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"

namespace mtls::store {
namespace {

int open_flags(SqliteUse use) noexcept {
  return use == SqliteUse::still ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE;
}

/// The file as SQLite's own kind of URI, which alone can say that nobody changes it.
std::string immutable_uri(std::string_view name) {
  constexpr std::string_view k_plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-";
  std::string uri = "file:";
  for (const char c : name) {
    if (k_plain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

SqliteConnection::SqliteConnection(const std::string& name, SqliteUse use,
                                   std::chrono::milliseconds lock_timeout)
    : m_held(name),
      m_session(use == SqliteUse::still ? immutable_uri(name) : name, open_flags(use),
                lock_timeout) {
  if (use == SqliteUse::write && sqlite3_db_readonly(m_session.get(), "main") == 1) {
    throw DbError(DbErrc::readonly, "the file cannot be written");
  }
  harden();
  if (use == SqliteUse::memory || use == SqliteUse::still) return;
  if (use == SqliteUse::read) {
    // Opened for writing where that is allowed: the last reader then tidies FILE-wal and FILE-shm
    // away, which it has to make for reading, and holds open for writing in any case.
    execute("PRAGMA query_only=ON");
    return;
  }
  require_pragma("PRAGMA journal_mode=WAL", "wal");
  execute("PRAGMA synchronous=FULL");
  require_pragma("PRAGMA synchronous", "2");
}

std::unique_ptr<Statement> SqliteConnection::prepare(std::string_view sql) {
  return prepare_sqlite(sql);
}

std::unique_ptr<SqliteStatement> SqliteConnection::prepare_sqlite(std::string_view sql) {
  return std::make_unique<SqliteStatement>(m_session, sql);
}

void SqliteConnection::execute(std::string_view sql) {
  const std::string text(sql);
  const int code = m_session.persist(
      [&] { return sqlite3_exec(m_session.get(), text.c_str(), nullptr, nullptr, nullptr); });
  if (code != SQLITE_OK) m_session.fail(code);
}

void SqliteConnection::define(std::string_view sql) { execute(sql); }

std::vector<std::string> SqliteConnection::tables() {
  SqliteStatement statement(m_session,
                            R"(SELECT name FROM sqlite_master WHERE type IN ('table', 'view')
         AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name)");
  std::vector<std::string> names;
  while (statement.step()) names.push_back(statement.text(0));
  return names;
}

std::vector<SchemaObject> SqliteConnection::schema() {
  SqliteStatement statement(m_session, R"(SELECT type, name, tbl_name, coalesce(sql, '')
         FROM sqlite_master WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type, name)");
  std::vector<SchemaObject> objects;
  while (statement.step()) {
    objects.push_back({.kind = statement.text(0),
                       .name = statement.text(1),
                       .table = statement.text(2),
                       .definition = statement.text(3)});
  }
  return objects;
}

std::optional<std::vector<SchemaObject>> SqliteConnection::schema_made_by(
    const std::function<void(Connection&)>& make) {
  const auto trial = open_sqlite_in_memory();
  make(*trial);
  return trial->schema();
}

void SqliteConnection::rebuild_indexes(std::string_view table) {
  // The pages that are thrown away may be what is damaged.
  execute("PRAGMA cell_size_check=OFF");
  execute(format("REINDEX {}", table));
  execute("PRAGMA cell_size_check=ON");
}

std::vector<std::string> SqliteConnection::damage() {
  SqliteStatement statement(m_session, "PRAGMA integrity_check(20)");
  std::vector<std::string> lines;
  try {
    while (statement.step()) lines.push_back(printable(statement.converted_text(0)));
  } catch (const DbError& failure) {
    if (failure.code() != DbErrc::corrupt) throw;
    lines.emplace_back(failure.what());
  }
  if (lines.size() == 1 && lines.front() == "ok") lines.clear();
  return lines;
}

void SqliteConnection::begin_writing() {
  m_session.step_back();
  begin("BEGIN IMMEDIATE");
}

// There is one writer at a time anyway.
void SqliteConnection::begin_exclusive() { begin_writing(); }

void SqliteConnection::begin_reading() { begin("BEGIN"); }

void SqliteConnection::commit() {
  if (m_session.failed()) {
    throw DbError(DbErrc::other, "a statement of the transaction has failed: not committed");
  }
  if (sqlite3_get_autocommit(m_session.get()) != 0) {
    throw DbError(DbErrc::other, "the transaction was rolled back");
  }
  execute("COMMIT");
}

void SqliteConnection::roll_back() noexcept {
  // Some failures have rolled back already.
  if (sqlite3_get_autocommit(m_session.get()) != 0) return;
  sqlite3_exec(m_session.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqliteConnection::begin(std::string_view sql) {
  execute(sql);
  m_session.forget_failures();
}

/// A ledger is data: a hostile file brings no code along, and a damaged one is found early.
void SqliteConnection::harden() {
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

void SqliteConnection::configure(int option, int wanted) {
  int got = -1;
  const int code = sqlite3_db_config(m_session.get(), option, wanted, &got);
  if (code != SQLITE_OK || got != wanted) {
    m_session.fail(DbErrc::unavailable, format("SQLite does not take option {}", option));
  }
}

void SqliteConnection::require_pragma(std::string_view sql, std::string_view wanted) {
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

}  // namespace mtls::store
