#include "store/postgresql_statement.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mtls::store {
namespace {

// Types as the server numbers them (catalog/pg_type.dat); they never change.
constexpr std::array<Oid, 3> k_integers{20, 21, 23};       // int8, int2, int4
constexpr std::array<Oid, 4> k_texts{25, 1043, 1042, 19};  // text, varchar, bpchar, name

template <std::size_t N>
bool is_among(Oid type, const std::array<Oid, N>& types) noexcept {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

PostgresqlStatement::PostgresqlStatement(PostgresqlSession& session, std::string_view sql)
    : m_session(session), m_sql(sql), m_result(nullptr, ClearResult{&session.pq()}) {
  m_names = session.prepare(sql).parameters;
  m_values.resize(m_names.size());
}

PostgresqlStatement::Value& PostgresqlStatement::start_binding(std::string_view name) {
  m_run = Run::not_begun;
  m_result.reset();
  const auto found = std::find(m_names.begin(), m_names.end(), name);
  if (found == m_names.end()) m_session.fail(DbErrc::other, format("no parameter :{}", name));
  Value& value = m_values.at(static_cast<std::size_t>(found - m_names.begin()));
  value.bound = true;
  return value;
}

Statement& PostgresqlStatement::bind(std::string_view name, std::int64_t value) {
  start_binding(name).text = std::to_string(value);
  return *this;
}

Statement& PostgresqlStatement::bind(std::string_view name, std::string_view value) {
  Value& target = start_binding(name);
  if (value.find('\0') != std::string_view::npos || !decode_utf8(value)) {
    m_session.fail(DbErrc::other, format("the text for :{} holds a NUL or is not UTF-8", name));
  }
  target.text = value;
  return *this;
}

Statement& PostgresqlStatement::bind_null(std::string_view name) {
  start_binding(name).text.reset();
  return *this;
}

void PostgresqlStatement::begin() {
  std::vector<const char*> values;
  values.reserve(m_values.size());
  for (const Value& value : m_values) {
    if (!value.bound) m_session.fail(DbErrc::other, "a parameter was not bound");
    values.push_back(value.text ? value.text->c_str() : nullptr);
  }
  constexpr int k_as_text = 0;
  const ServerStatement& prepared = m_session.prepare(m_sql);
  m_result = m_session.require_done(m_session.pq().exec_prepared(
      m_session.get(), prepared.name.c_str(), static_cast<int>(values.size()), values.data(),
      nullptr, nullptr, k_as_text));
  m_row = -1;
}

bool PostgresqlStatement::step() {
  if (m_run == Run::over) return false;
  if (m_run == Run::not_begun) {
    m_run = Run::over;  // should it fail
    begin();
    m_run = Run::begun;
  }
  if (++m_row < m_session.pq().ntuples(m_result.get())) return true;
  m_run = Run::over;
  return false;
}

void PostgresqlStatement::require_column(int column) const {
  const LibpqTable& pq = m_session.pq();
  if (m_run != Run::begun || column < 0 || column >= pq.nfields(m_result.get())) {
    m_session.fail(DbErrc::other, format("there is no column {}", column));
  }
}

void PostgresqlStatement::require_type(int column, bool fits) const {
  if (fits) return;
  m_session.fail(DbErrc::corrupt, format("column {} has another type than its table's",
                                         printable(m_session.pq().fname(m_result.get(), column))));
}

std::int64_t PostgresqlStatement::integer(int column) const {
  require_column(column);
  const LibpqTable& pq = m_session.pq();
  require_type(column, is_among(pq.ftype(m_result.get(), column), k_integers) && !is_null(column));
  const std::string_view text = pq.getvalue(m_result.get(), m_row, column);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require_type(column, error == std::errc() && end == text.data() + text.size());
  return value;
}

std::string PostgresqlStatement::text(int column) const {
  require_column(column);
  const LibpqTable& pq = m_session.pq();
  require_type(column, is_among(pq.ftype(m_result.get(), column), k_texts) && !is_null(column));
  return {pq.getvalue(m_result.get(), m_row, column),
          static_cast<std::size_t>(pq.getlength(m_result.get(), m_row, column))};
}

bool PostgresqlStatement::is_null(int column) const {
  require_column(column);
  return m_session.pq().getisnull(m_result.get(), m_row, column) != 0;
}

std::int64_t PostgresqlStatement::run() {
  while (step()) {
  }
  const LibpqTable& pq = m_session.pq();
  if (!m_result) return 0;
  const std::string_view tag = pq.cmd_status(m_result.get());
  if (tag.rfind("SELECT", 0) == 0) return 0;
  const std::string_view rows = pq.cmd_tuples(m_result.get());
  std::int64_t changed = 0;
  std::from_chars(rows.data(), rows.data() + rows.size(), changed);
  return changed;
}

}  // namespace mtls::store
