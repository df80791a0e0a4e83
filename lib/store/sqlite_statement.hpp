// A prepared statement of SQLite's.
#pragma once

#include "store/sqlite_session.hpp"

#include <variant>

namespace mtls::store {

/// A value of a row; of the types that no ledger has (REAL, BLOB) only that it is of one.
struct OtherValue {};
using SqlValue = std::variant<std::monostate, std::int64_t, std::string, OtherValue>;
using SqlRow = std::vector<SqlValue>;

/// Says that a value is not of the type that its column has.
[[nodiscard]] std::string other_type(std::string_view column);

struct FinalizeSqlite {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};

class SqliteStatement final : public Statement {
 public:
  SqliteStatement(SqliteSession& session, std::string_view sql);

  Statement& bind(std::string_view name, std::int64_t value) override;
  Statement& bind(std::string_view name, std::string_view value) override;
  Statement& bind_null(std::string_view name) override;
  bool step() override;
  [[nodiscard]] std::int64_t integer(int column) const override;
  [[nodiscard]] std::string text(int column) const override;
  /// Any value as text.
  [[nodiscard]] std::string converted_text(int column) const;
  /// The current row, all of it.
  [[nodiscard]] SqlRow row() const;
  [[nodiscard]] std::string column_name(int column) const;
  [[nodiscard]] bool is_null(int column) const override;
  std::int64_t run() override;

 private:
  enum class Run { not_begun, begun, over };

  int start_binding(std::string_view name);
  Statement& check(int code);
  void require_all_bound();
  void require_type(int column, int type) const;

  SqliteSession& m_session;
  std::unique_ptr<sqlite3_stmt, FinalizeSqlite> m_statement;
  std::vector<bool> m_bound;
  Run m_run = Run::not_begun;
};

}  // namespace mtls::store
