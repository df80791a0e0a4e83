// A Statement on PostgreSQL.
#pragma once

#include "store/postgresql_session.hpp"

#include <deque>

namespace mtls::store {

/// Each answer is held against what was asked: as many columns, as many rows as its end says.
/// The rows of a SELECT come one by one (libpq's single-row mode), so that memory does not grow
/// with them. Should another statement be run meanwhile, the rest is taken into memory first.
/// Whoever stops early pays for the rows that are still on their way: long lists are asked for in
/// pages.
class PostgresqlStatement final : public Statement, private Stream {
 public:
  PostgresqlStatement(PostgresqlSession& session, std::string_view sql);
  PostgresqlStatement(const PostgresqlStatement&) = delete;
  PostgresqlStatement& operator=(const PostgresqlStatement&) = delete;
  ~PostgresqlStatement() override;

  Statement& bind(std::string_view name, std::int64_t value) override;
  Statement& bind(std::string_view name, std::string_view value) override;
  Statement& bind_null(std::string_view name) override;
  bool step() override;
  [[nodiscard]] std::int64_t integer(int column) const override;
  [[nodiscard]] std::string text(int column) const override;
  [[nodiscard]] bool is_null(int column) const override;
  std::int64_t run() override;
  std::vector<std::int64_t> run_all(std::size_t count, const BindRow& bind_row) override;

 private:
  enum class Run { not_begun, begun, over };
  struct Value {
    bool bound = false;
    std::optional<std::string> text;  // none: NULL
  };
  using Values = std::vector<Value>;

  Value& start_binding(std::string_view name);
  void reset() noexcept;
  void begin();
  void execute();
  void require_all_bound();
  void run_chunk(const std::vector<Values>& rows, std::vector<std::int64_t>& changed);
  [[nodiscard]] bool send_chunk(const std::vector<Values>& rows);
  PgResult take();
  void keep(PgResult result);
  void require_shape(PGresult* result);
  void gather() override;
  void require_column(int column) const;
  void require_type(int column, bool fits) const;

  PostgresqlSession& m_session;
  std::string m_sql;
  std::vector<std::string> m_names;
  std::optional<int> m_columns;  // of a row, where the statement's text says
  Values m_values;
  bool m_selects;
  PgResult m_current;               // holds the current row
  int m_row = -1;                   // in m_current
  std::deque<PgResult> m_gathered;  // what follows it and came in already
  std::int64_t m_received = 0;      // rows of this run
  std::int64_t m_changed = 0;
  Run m_run = Run::not_begun;
  bool m_is_whole = false;  // the last row of a SELECT has come in
};

}  // namespace mtls::store
