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

/// The values as libpq takes them; they stay `values`'.
template <class Values>
std::vector<const char*> pointers(const Values& values) {
  std::vector<const char*> texts;
  texts.reserve(values.size());
  for (const auto& value : values) texts.push_back(value.text ? value.text->c_str() : nullptr);
  return texts;
}

constexpr int k_as_text = 0;
/// How many rows are taken before the first is believed.
constexpr std::size_t k_rows_ahead = 64;

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
}

/// How many rows a result says were changed, or (SELECT) sent; nothing where it does not say.
std::optional<std::int64_t> row_count(const LibpqTable& pq, PGresult* result) {
  std::int64_t count = 0;
  const std::string_view text = pq.cmd_tuples(result);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 0) return std::nullopt;
  return count;
}

/// Whether it only reads, so that its rows may be streamed and it may be repeated.
bool selects(std::string_view sql) {
  const std::size_t begin = sql.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && sql.compare(begin, 6, "SELECT") == 0;
}

}  // namespace

PostgresqlStatement::PostgresqlStatement(PostgresqlSession& session, std::string_view sql)
    : m_session(session),
      m_sql(sql),
      m_selects(selects(sql)),
      m_current(nullptr, ClearResult{&session.pq()}) {
  session.persist([&] {
    const ServerStatement& prepared = session.prepare(m_sql);
    m_names = prepared.parameters;
    m_columns = prepared.columns;
  });
  m_values.resize(m_names.size());
}

PostgresqlStatement::~PostgresqlStatement() { reset(); }

void PostgresqlStatement::reset() noexcept {
  if (m_session.is_reading(this)) m_session.discard_stream();
  m_run = Run::not_begun;
  m_is_whole = false;
  m_gathered.clear();
  m_current.reset();
}

PostgresqlStatement::Value& PostgresqlStatement::start_binding(std::string_view name) {
  if (m_run != Run::not_begun) reset();
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

/// Runs it. A SELECT is only sent, and its first row taken.
void PostgresqlStatement::execute() {
  const std::vector<const char*> values = pointers(m_values);
  const LibpqTable& pq = m_session.pq();
  const char* const name = m_session.prepare(m_sql).name.c_str();
  const auto send = [&](PGconn* connection) {
    return pq.send_query_prepared(connection, name, static_cast<int>(values.size()), values.data(),
                                  nullptr, nullptr, k_as_text);
  };
  m_gathered.clear();
  m_received = 0;
  if (!m_selects) {
    keep(m_session.ask(send));
    return;
  }
  m_session.end_stream();
  if (send(m_session.get()) == 0) m_session.fail(nullptr);
  pq.set_single_row_mode(m_session.get());
  m_session.set_stream(this);
  keep(take());
  // A short answer is taken whole, and so compared with what the server says of it, before the
  // first of its rows is believed.
  while (m_session.is_reading(this) && m_gathered.size() < k_rows_ahead) keep(take());
}

/// The next result of the stream. Behind an error and behind the last nothing follows.
PgResult PostgresqlStatement::take() {
  const LibpqTable& pq = m_session.pq();
  PgResult next = m_session.take_next();
  const ExecStatusType status = pq.result_status(next.get());
  if (status != PGRES_SINGLE_TUPLE) m_session.discard_stream();
  m_is_whole = status == PGRES_TUPLES_OK;
  return m_session.require_done(std::move(next));
}

void PostgresqlStatement::keep(PgResult result) {
  require_shape(result.get());
  m_gathered.push_back(std::move(result));
}

/// Throws where the answer has other columns than were asked for, or another number of rows than
/// its end says. That a server leaves rows out and counts fewer cannot be seen here.
void PostgresqlStatement::require_shape(PGresult* result) {
  const LibpqTable& pq = m_session.pq();
  if (m_columns && pq.nfields(result) != *m_columns) {
    m_session.distrust(format("the server answered with {} columns instead of {}",
                              pq.nfields(result), *m_columns));
  }
  m_received += pq.ntuples(result);
  const ExecStatusType status = pq.result_status(result);
  if (status == PGRES_SINGLE_TUPLE) return;
  if (!m_columns && !m_selects) return;  // nothing that counts rows (EXPLAIN)
  const auto count = row_count(pq, result);
  if (!count) m_session.distrust("the server does not say how many rows its answer has");
  if (status == PGRES_TUPLES_OK && *count != m_received) {
    m_session.distrust(format("the server sent {} rows and speaks of {}", m_received, *count));
  }
  if (!m_selects) m_changed = *count;
}

void PostgresqlStatement::require_all_bound() {
  if (!std::all_of(m_values.begin(), m_values.end(), [](const Value& v) { return v.bound; })) {
    m_session.fail(DbErrc::other, "a parameter was not bound");
  }
}

void PostgresqlStatement::begin() {
  require_all_bound();
  m_changed = 0;
  if (m_selects) {
    m_session.persist([this] { execute(); });  // it changes nothing and may be repeated
  } else {
    execute();
  }
}

void PostgresqlStatement::gather() {
  while (m_session.is_reading(this)) keep(take());
}

bool PostgresqlStatement::step() {
  if (m_run == Run::over) return false;
  if (m_run == Run::not_begun) {
    m_run = Run::over;  // should it fail
    begin();
    m_run = Run::begun;
  }
  for (;;) {
    if (m_current && ++m_row < m_session.pq().ntuples(m_current.get())) return true;
    if (m_gathered.empty() && m_session.is_reading(this)) keep(take());
    if (m_gathered.empty()) break;
    m_current = std::move(m_gathered.front());
    m_gathered.pop_front();
    m_row = -1;
  }
  m_current.reset();
  if (m_selects && !m_is_whole) {
    m_session.fail(DbErrc::unavailable, "the connection was lost while rows were read");
  }
  m_run = Run::over;
  return false;
}

void PostgresqlStatement::require_column(int column) const {
  const LibpqTable& pq = m_session.pq();
  if (m_run != Run::begun || column < 0 || column >= pq.nfields(m_current.get())) {
    m_session.fail(DbErrc::unexpected_answer, format("there is no column {}", column));
  }
}

void PostgresqlStatement::require_type(int column, bool fits) const {
  if (fits) return;
  m_session.fail(DbErrc::corrupt, format("column {} has another type than its table's",
                                         printable(m_session.pq().fname(m_current.get(), column))));
}

std::int64_t PostgresqlStatement::integer(int column) const {
  require_column(column);
  const LibpqTable& pq = m_session.pq();
  require_type(column, is_among(pq.ftype(m_current.get(), column), k_integers) && !is_null(column));
  const std::string_view text = pq.getvalue(m_current.get(), m_row, column);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require_type(column, error == std::errc() && end == text.data() + text.size());
  return value;
}

std::string PostgresqlStatement::text(int column) const {
  require_column(column);
  const LibpqTable& pq = m_session.pq();
  require_type(column, is_among(pq.ftype(m_current.get(), column), k_texts) && !is_null(column));
  std::string text(pq.getvalue(m_current.get(), m_row, column),
                   static_cast<std::size_t>(pq.getlength(m_current.get(), m_row, column)));
  require_type(column, is_ascii(text) || decode_utf8(text));
  return text;
}

bool PostgresqlStatement::is_null(int column) const {
  require_column(column);
  return m_session.pq().getisnull(m_current.get(), m_row, column) != 0;
}

std::int64_t PostgresqlStatement::run() {
  while (step()) {
  }
  return m_changed;
}

std::vector<std::int64_t> PostgresqlStatement::run_all(std::size_t count, const BindRow& bind_row) {
  // As many as a server may have unanswered without either side's buffers filling up.
  constexpr std::size_t k_chunk = 64;
  std::vector<std::int64_t> changed;
  changed.reserve(count);
  std::vector<Values> rows;
  for (std::size_t row = 0; row < count; ++row) {
    bind_row(*this, row);
    require_all_bound();
    rows.push_back(m_values);
    if (rows.size() < k_chunk && row + 1 < count) continue;
    run_chunk(rows, changed);
    rows.clear();
  }
  return changed;
}

/// Whether one run for each of `rows` could be sent.
bool PostgresqlStatement::send_chunk(const std::vector<Values>& rows) {
  const LibpqTable& pq = m_session.pq();
  const char* const name = m_session.prepare(m_sql).name.c_str();
  m_session.end_stream();
  PGconn* const connection = m_session.get();
  if (pq.enter_pipeline_mode(connection) == 0) return false;
  for (const Values& row : rows) {
    const std::vector<const char*> values = pointers(row);
    if (pq.send_query_prepared(connection, name, static_cast<int>(values.size()), values.data(),
                               nullptr, nullptr, k_as_text) == 0) {
      return false;
    }
  }
  return pq.pipeline_sync(connection) != 0;
}

/// Sends one run for each of `rows`, and then takes the answers. The first error is told; what
/// stands behind it was not run.
void PostgresqlStatement::run_chunk(const std::vector<Values>& rows,
                                    std::vector<std::int64_t>& changed) {
  const LibpqTable& pq = m_session.pq();
  if (!send_chunk(rows)) {
    const DbError why = make_error(pq, m_session.get());
    m_session.give_up(format("rows could not be sent: {}", why.what()));
    m_session.fail(nullptr);
  }
  const std::size_t wanted = changed.size() + rows.size();
  PgResult failed(nullptr, ClearResult{&pq});
  bool synchronised = false;
  int nothing = 0;  // one stands behind each run's answer, two together only if there is no more
  while (!synchronised && nothing < 2) {
    PgResult result = m_session.take_next();
    nothing = result ? 0 : nothing + 1;
    if (!result) continue;
    switch (pq.result_status(result.get())) {
      case PGRES_PIPELINE_SYNC:
        synchronised = true;
        break;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        changed.push_back(row_count(pq, result.get()).value_or(-1));
        break;
      default:
        if (!failed) failed = std::move(result);
    }
  }
  const bool usable = pq.exit_pipeline_mode(m_session.get()) != 0;
  if (failed) m_session.fail(failed.get());
  const bool all_count = std::find(changed.begin(), changed.end(), -1) == changed.end();
  if (synchronised && usable && changed.size() == wanted && all_count) return;
  m_session.distrust("the server's answers are not those to what it was sent");
}

}  // namespace mtls::store
