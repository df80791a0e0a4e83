#include "store/sqlite_statement.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/utf8.hpp"

#include <algorithm>

namespace mtls::store {

std::string other_type(std::string_view column) {
  return format("column {} has another type than its table's", printable(column));
}

SqliteStatement::SqliteStatement(SqliteSession& session, std::string_view sql)
    : m_session(session) {
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

Statement& SqliteStatement::bind(std::string_view name, std::int64_t value) {
  return check(sqlite3_bind_int64(m_statement.get(), start_binding(name), value));
}

Statement& SqliteStatement::bind(std::string_view name, std::string_view value) {
  const int index = start_binding(name);
  if (value.find('\0') != std::string_view::npos || !decode_utf8(value)) {
    m_session.fail(DbErrc::other, format("the text for :{} holds a NUL or is not UTF-8", name));
  }
  return check(sqlite3_bind_text64(m_statement.get(), index,
                                   value.data() != nullptr ? value.data() : "", value.size(),
                                   SQLITE_TRANSIENT, SQLITE_UTF8));
}

Statement& SqliteStatement::bind_null(std::string_view name) {
  return check(sqlite3_bind_null(m_statement.get(), start_binding(name)));
}

bool SqliteStatement::step() {
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

std::int64_t SqliteStatement::integer(int column) const {
  require_type(column, SQLITE_INTEGER);
  return sqlite3_column_int64(m_statement.get(), column);
}

std::string SqliteStatement::text(int column) const {
  require_type(column, SQLITE_TEXT);
  return converted_text(column);
}

std::string SqliteStatement::converted_text(int column) const {
  const void* octets = sqlite3_column_text(m_statement.get(), column);
  const int size = sqlite3_column_bytes(m_statement.get(), column);
  if (octets == nullptr) m_session.fail(SQLITE_NOMEM);
  return {static_cast<const char*>(octets), static_cast<std::size_t>(size)};
}

SqlRow SqliteStatement::row() const {
  SqlRow row(static_cast<std::size_t>(sqlite3_column_count(m_statement.get())));
  for (std::size_t i = 0; i < row.size(); ++i) {
    const int column = static_cast<int>(i);
    switch (sqlite3_column_type(m_statement.get(), column)) {
      case SQLITE_NULL:
        break;
      case SQLITE_INTEGER:
        row[i] = static_cast<std::int64_t>(sqlite3_column_int64(m_statement.get(), column));
        break;
      case SQLITE_TEXT:
        row[i] = converted_text(column);
        break;
      default:
        row[i] = OtherValue{};
    }
  }
  return row;
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(m_statement.get(), column) == SQLITE_NULL;
}

std::int64_t SqliteStatement::run() {
  while (step()) {
  }
  const bool reads = sqlite3_stmt_readonly(m_statement.get()) != 0;
  return reads ? 0 : sqlite3_changes64(m_session.get());
}

int SqliteStatement::start_binding(std::string_view name) {
  if (m_run != Run::not_begun) sqlite3_reset(m_statement.get());
  m_run = Run::not_begun;
  const int index = sqlite3_bind_parameter_index(m_statement.get(), format(":{}", name).c_str());
  if (index == 0) m_session.fail(DbErrc::other, format("no parameter :{}", name));
  m_bound[static_cast<std::size_t>(index - 1)] = true;
  return index;
}

Statement& SqliteStatement::check(int code) {
  if (code != SQLITE_OK) m_session.fail(code);
  return *this;
}

void SqliteStatement::require_all_bound() {
  // SQLite takes NULL for a forgotten one.
  if (std::find(m_bound.begin(), m_bound.end(), false) != m_bound.end()) {
    m_session.fail(DbErrc::other, "a parameter was not bound");
  }
}

void SqliteStatement::require_type(int column, int type) const {
  // SQLite would convert: a word in a number's place reads as 0.
  if (sqlite3_column_type(m_statement.get(), column) != type) {
    m_session.fail(DbErrc::corrupt, other_type(column_name(column)));
  }
}

std::string SqliteStatement::column_name(int column) const {
  const char* name = sqlite3_column_name(m_statement.get(), column);
  return name != nullptr ? name : format("{}", column);
}

}  // namespace mtls::store
