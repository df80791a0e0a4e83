// A Statement on PostgreSQL.
#pragma once

#include "store/postgresql_session.hpp"

namespace mtls::store {

class PostgresqlStatement final : public Statement {
 public:
  PostgresqlStatement(PostgresqlSession& session, std::string_view sql);

  Statement& bind(std::string_view name, std::int64_t value) override;
  Statement& bind(std::string_view name, std::string_view value) override;
  Statement& bind_null(std::string_view name) override;
  bool step() override;
  [[nodiscard]] std::int64_t integer(int column) const override;
  [[nodiscard]] std::string text(int column) const override;
  [[nodiscard]] bool is_null(int column) const override;
  std::int64_t run() override;

 private:
  enum class Run { not_begun, begun, over };
  struct Value {
    bool bound = false;
    std::optional<std::string> text;  // none: NULL
  };

  Value& start_binding(std::string_view name);
  void begin();
  void require_column(int column) const;
  void require_type(int column, bool fits) const;

  PostgresqlSession& m_session;
  std::string m_sql;
  std::vector<std::string> m_names;
  std::vector<Value> m_values;
  PgResult m_result;
  int m_row = -1;
  Run m_run = Run::not_begun;
};

}  // namespace mtls::store
