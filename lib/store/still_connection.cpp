#include "store/still_connection.hpp"

#include <algorithm>

namespace mtls::store {

/// A SELECT: all of its rows are read at the first step.
class StillStatement final : public Statement {
 public:
  StillStatement(StillConnection& connection, std::string_view sql)
      : m_connection(connection), m_sql(sql) {}

  Statement& bind(std::string_view name, std::int64_t value) override {
    return keep(name, SqlValue(value));
  }
  Statement& bind(std::string_view name, std::string_view value) override {
    return keep(name, SqlValue(std::string(value)));
  }
  Statement& bind_null(std::string_view name) override { return keep(name, SqlValue()); }

  bool step() override {
    if (m_run == Run::not_begun) begin();
    if (m_ordinary) return m_ordinary->step();
    if (m_next < m_rows.size())
      ++m_next;
    else
      m_run = Run::over;
    return m_run != Run::over;
  }
  [[nodiscard]] std::int64_t integer(int column) const override {
    if (m_ordinary) return m_ordinary->integer(column);
    return get<std::int64_t>(column);
  }
  [[nodiscard]] std::string text(int column) const override {
    if (m_ordinary) return m_ordinary->text(column);
    return get<std::string>(column);
  }
  [[nodiscard]] bool is_null(int column) const override {
    if (m_ordinary) return m_ordinary->is_null(column);
    return std::holds_alternative<std::monostate>(value(column));
  }
  std::int64_t run() override {
    while (step()) {
    }
    return 0;
  }

 private:
  enum class Run { not_begun, begun, over };
  /// More rows than these are not held: then it is no short SELECT.
  static constexpr std::size_t k_most_rows = 100;

  Statement& keep(std::string_view name, SqlValue value) {
    m_run = Run::not_begun;
    const auto known = std::find_if(m_values.begin(), m_values.end(),
                                    [name](const auto& one) { return one.first == name; });
    if (known == m_values.end()) {
      m_values.emplace_back(name, std::move(value));
    } else {
      known->second = std::move(value);
    }
    return *this;
  }

  void begin() {
    m_rows.clear();
    m_next = 0;
    if (!m_ordinary && !read_still()) {
      m_rows.clear();
      m_ordinary = m_connection.ordinary().prepare_sqlite(m_sql);
    }
    if (m_ordinary) bind_all(*m_ordinary);
    m_run = Run::begun;
  }

  /// Reads all rows; false where they do not count, and the ordinary way is to be taken.
  bool read_still() {
    if (!m_connection.is_still()) return false;
    // Gone unless all went well: nothing that was broken off is run again.
    auto statement = std::move(m_unlocked);
    try {
      if (!statement) statement = m_connection.unlocked().prepare_sqlite(m_sql);
      bind_all(*statement);
      while (statement->step()) {
        if (m_rows.size() == k_most_rows) return false;
        m_rows.push_back(statement->row());
      }
    } catch (const DbError&) {
      return false;  // whatever it is, the ordinary way says it
    }
    if (!m_connection.m_file.is_still()) return false;
    m_unlocked = std::move(statement);
    return true;
  }

  void bind_all(Statement& statement) const {
    for (const auto& [name, value] : m_values) {
      if (const auto* number = std::get_if<std::int64_t>(&value)) {
        statement.bind(name, *number);
      } else if (const auto* text = std::get_if<std::string>(&value)) {
        statement.bind(name, std::string_view(*text));
      } else {
        statement.bind_null(name);
      }
    }
  }

  [[nodiscard]] const SqlValue& value(int column) const {
    return m_rows.at(m_next - 1).at(static_cast<std::size_t>(column));
  }

  template <class T>
  [[nodiscard]] T get(int column) const {
    if (const T* found = std::get_if<T>(&value(column))) return *found;
    throw DbError(DbErrc::corrupt, other_type(m_unlocked->column_name(column)));
  }

  StillConnection& m_connection;
  std::string m_sql;
  std::vector<std::pair<std::string, SqlValue>> m_values;
  std::unique_ptr<SqliteStatement> m_unlocked;
  std::unique_ptr<SqliteStatement> m_ordinary;
  std::vector<SqlRow> m_rows;
  std::size_t m_next = 0;  // behind the current row
  Run m_run = Run::not_begun;
};

StillConnection::StillConnection(std::string name, StillFile file,
                                 std::chrono::milliseconds lock_timeout)
    : m_name(std::move(name)), m_file(std::move(file)), m_lock_timeout(lock_timeout) {}

std::unique_ptr<Statement> StillConnection::prepare(std::string_view sql) {
  if (!is_still()) return m_ordinary->prepare(sql);
  return std::make_unique<StillStatement>(*this, sql);
}

void StillConnection::roll_back() noexcept {
  if (m_ordinary) m_ordinary->roll_back();
}

SqliteConnection& StillConnection::ordinary() {
  if (!m_ordinary) {
    m_ordinary = std::make_unique<SqliteConnection>(m_name, SqliteUse::read, m_lock_timeout);
  }
  return *m_ordinary;
}

SqliteConnection& StillConnection::unlocked() {
  if (!m_unlocked) {
    m_unlocked = std::make_unique<SqliteConnection>(m_name, SqliteUse::still, m_lock_timeout);
  }
  return *m_unlocked;
}

}  // namespace mtls::store
