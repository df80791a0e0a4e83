#include "store/postgresql_session.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "store/postgresql_answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <thread>
#include <utility>

namespace mtls::store {
namespace {

using std::chrono::milliseconds;

/// Nothing is resolved outside of the ledger's schema and the server's own, whatever others have
/// put into public; temporary tables come last. The first statement is the server's own advice
/// (CVE-2018-1058): names of the second are looked up only after it.
constexpr std::string_view k_settings = R"(
  SELECT pg_catalog.set_config('search_path', 'mtlsctl, pg_temp', false);
  SELECT set_config('synchronous_commit',
                    CASE current_setting('synchronous_commit')
                      WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
         set_config('lock_timeout', '{}', false),
         set_config('idle_in_transaction_session_timeout', '60s', false),
         set_config('statement_timeout', '0', false),
         set_config('standard_conforming_strings', 'on', false),
         set_config('default_transaction_isolation', 'read committed', false),
         set_config('default_transaction_read_only', '{}', false),
         set_config('client_min_messages', 'error', false),
         current_setting('fsync'), current_setting('full_page_writes'),
         current_setting('server_version_num'), current_setting('server_encoding'),
         (SELECT pid || ' ' || extract(epoch FROM backend_start)
          FROM pg_stat_activity WHERE pid = pg_backend_pid()))";
constexpr int k_fsync_column = 8;
constexpr int k_full_page_writes_column = 9;
constexpr int k_version_column = 10;
constexpr int k_encoding_column = 11;
constexpr int k_backend_column = 12;
constexpr int k_setting_columns = 13;

constexpr int k_oldest_version = 120000;

/// 0 would mean no limit.
std::int64_t lock_timeout_value(milliseconds timeout) noexcept {
  return std::clamp<std::int64_t>(timeout.count(), 1, std::numeric_limits<std::int32_t>::max());
}

bool is_copy(ExecStatusType status) noexcept {
  return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

void ignore_notice(void* /*context*/, const char* /*message*/) noexcept {}

}  // namespace

PostgresqlSession::PostgresqlSession(StoreUrl url, OpenMode mode, milliseconds lock_timeout)
    : m_pq(libpq()),
      m_url(std::move(url)),
      m_mode(mode),
      m_lock_timeout(lock_timeout),
      m_connection(nullptr, FinishConnection{&m_pq}) {
  connect();
}

void PostgresqlSession::connect() {
  const std::string patience = std::to_string(std::max<std::int64_t>(
      2, std::chrono::duration_cast<std::chrono::seconds>(m_lock_timeout).count()));
  // What stands before the URL is for what it does not say; what stands behind it holds anyway.
  const std::array<std::pair<const char*, const char*>, 12> parameters{{
      {"sslmode", "verify-full"},
      {"gssencmode", "disable"},
      {"connect_timeout", patience.c_str()},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "30000"},
      {"application_name", "mtlsctl"},
      {"target_session_attrs", m_mode == OpenMode::read_only ? "any" : "read-write"},
      {"dbname", m_url.text().c_str()},
      {"client_encoding", "UTF8"},
      {nullptr, nullptr},
  }};
  std::array<const char*, parameters.size()> names{};
  std::array<const char*, parameters.size()> values{};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    names.at(i) = parameters.at(i).first;
    values.at(i) = parameters.at(i).second;
  }
  constexpr int k_dbname_is_url = 1;
  m_prepared.clear();
  m_stream = nullptr;
  m_work = Work::usual;
  m_given_up.clear();
  m_connection.reset(m_pq.connectdb_params(names.data(), values.data(), k_dbname_is_url));
  if (!m_connection) throw DbError(DbErrc::unavailable, "out of memory");
  if (is_lost()) throw make_error(m_pq, m_connection.get());
  m_pq.set_notice_processor(m_connection.get(), &ignore_notice, nullptr);
  if (m_pq.set_nonblocking(m_connection.get(), 1) != 0) throw make_error(m_pq, m_connection.get());
  settle();
}

void PostgresqlSession::settle() {
  const bool reads = m_mode == OpenMode::read_only;
  const PgResult settings =
      execute(format(k_settings, lock_timeout_value(m_lock_timeout), reads ? "on" : "off"));
  if (m_pq.ntuples(settings.get()) != 1 || m_pq.nfields(settings.get()) != k_setting_columns) {
    distrust("the server does not say which settings it has");
  }
  const auto value = [&](int column) {
    return std::string(m_pq.getvalue(settings.get(), 0, column));  // "" for NULL
  };
  const std::string version_text = value(k_version_column);
  int version = 0;
  const auto [end, error] =
      std::from_chars(version_text.data(), version_text.data() + version_text.size(), version);
  if (error != std::errc() || end != version_text.data() + version_text.size()) {
    distrust("the server does not say which version it has");
  }
  if (version < k_oldest_version) {
    throw DbError(DbErrc::unavailable, "the server is older than PostgreSQL 12");
  }
  if (value(k_encoding_column) != "UTF8") {
    throw DbError(DbErrc::unavailable, format("the database is encoded in {} and not in UTF8",
                                              value(k_encoding_column)));
  }
  m_backend = value(k_backend_column);
  m_warnings.clear();
  if (value(k_fsync_column) != "on") {
    m_warnings.emplace_back(
        "the ledger's server runs with fsync=off: a power cut can lose what it has confirmed");
  } else if (value(k_full_page_writes_column) != "on") {
    m_warnings.emplace_back(
        "the ledger's server runs with full_page_writes=off: a power cut can damage the ledger");
  }
  warn_of_transport();
}

void PostgresqlSession::warn_of_transport() {
  const std::string host = m_pq.host(m_connection.get());
  const bool local = host.empty() || host.front() == '/' || host.front() == '@';
  if (local) return;
  if (m_pq.ssl_in_use(m_connection.get()) == 0) {
    m_warnings.push_back(
        format("the connection to the ledger on {} is not protected by TLS", printable(host)));
  } else if (m_url.sslmode() == "verify-ca") {
    m_warnings.push_back(
        format("the certificate of the ledger's server on {} is verified, but not whether it is "
               "that server's: the URL says sslmode=verify-ca",
               printable(host)));
  } else if (m_url.sslmode().value_or("verify-full") != "verify-full") {
    m_warnings.push_back(
        format("the server of the ledger on {} is not verified: the URL says sslmode={}",
               printable(host), printable(*m_url.sslmode())));
  }
}

void PostgresqlSession::fail(DbErrc kind, const std::string& message) {
  m_failed = true;
  throw DbError(kind, message);
}

void PostgresqlSession::fail(const PGresult* result) {
  m_failed = true;
  if (!m_given_up.empty()) throw DbError(DbErrc::unavailable, m_given_up);
  if (result == nullptr) throw make_error(m_pq, m_connection.get());
  throw make_error(m_pq, result);
}

void PostgresqlSession::distrust(const std::string& message) {
  give_up(message);
  fail(DbErrc::unexpected_answer, message);
}

void PostgresqlSession::give_up(std::string_view why) noexcept {
  m_given_up = why;
  m_stream = nullptr;
  m_connection.reset();
}

milliseconds PostgresqlSession::patience() const noexcept {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  constexpr hours k_longest_lock(24 * 365);
  switch (m_work) {
    case Work::reading:
      return minutes(10);
    case Work::long_lasting:
      return hours(4);
    case Work::usual:
      break;
  }
  return std::min<milliseconds>(m_lock_timeout, k_longest_lock) + seconds(30);
}

PgResult PostgresqlSession::take_next() {
  if (await_answer(m_pq, m_connection.get(), patience()) == Answer::late) {
    give_up(format("the server gave no answer for {} s",
                   std::chrono::duration_cast<std::chrono::seconds>(patience()).count()));
    fail(nullptr);
  }
  PgResult next(m_pq.get_result(m_connection.get()), ClearResult{&m_pq});
  // libpq would give this answer again and again.
  if (next && is_copy(m_pq.result_status(next.get()))) {
    distrust("the server began a COPY that it was not asked for");
  }
  return next;
}

PgResult PostgresqlSession::take_all() {
  PgResult last(nullptr, ClearResult{&m_pq});
  PgResult failed(nullptr, ClearResult{&m_pq});
  while (PgResult next = take_next()) {
    const bool is_first_failure = !failed && m_pq.result_status(next.get()) == PGRES_FATAL_ERROR;
    (is_first_failure ? failed : last) = std::move(next);
  }
  if (!m_in_transaction) m_work = Work::usual;
  return require_done(std::move(failed ? failed : last));
}

PgResult PostgresqlSession::require_done(PgResult result) {
  switch (m_pq.result_status(result.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
      return result;
    case PGRES_EMPTY_QUERY:
      distrust("the server answered as to an empty statement");
    default:
      fail(result.get());
  }
}

void PostgresqlSession::begin(const std::string& sql, Reading reading) {
  if (m_in_transaction) fail(DbErrc::other, "a transaction is open already");
  try {
    persist([&] { return execute(sql); });
  } catch (const DbError&) {
    roll_back();
    throw;
  }
  // A pooler that gives each statement another session would record one half of a change.
  if (m_pq.transaction_status(m_connection.get()) != PQTRANS_INTRANS) {
    distrust("the server did not begin a transaction");
  }
  m_failed = false;
  m_in_transaction = true;
  m_work = reading == Reading::yes ? Work::reading : Work::usual;
}

void PostgresqlSession::end_transaction() noexcept {
  m_in_transaction = false;
  m_work = Work::usual;
}

void PostgresqlSession::commit() {
  if (m_failed) {
    throw DbError(DbErrc::other, "a statement of the transaction has failed: not committed");
  }
  end_stream();
  try {
    const PgResult result = execute("COMMIT");
    end_transaction();
    const std::string_view status = m_pq.cmd_status(result.get());
    if (status == "COMMIT") return;
    if (status != "ROLLBACK") {
      give_up("the server gave no answer to COMMIT");
      throw DbError(DbErrc::outcome_unknown, "the server gave no answer to COMMIT");
    }
  } catch (const DbError& failure) {
    end_transaction();
    if (failure.code() != DbErrc::unavailable && failure.code() != DbErrc::unexpected_answer) throw;
    throw DbError(DbErrc::outcome_unknown,
                  format("the connection was lost while it was committed: {}", failure.what()));
  }
  fail(DbErrc::undone, "the server rolled the transaction back");
}

void PostgresqlSession::roll_back() noexcept {
  discard_stream();
  end_transaction();
  if (is_lost() || m_pq.transaction_status(m_connection.get()) == PQTRANS_IDLE) return;
  try {
    execute("ROLLBACK");
  } catch (const DbError&) {
    give_up("a transaction could not be rolled back");  // which closing does
  }
}

void PostgresqlSession::discard_stream() noexcept {
  if (m_stream == nullptr) return;
  m_stream = nullptr;
  for (;;) {
    if (await_answer(m_pq, m_connection.get(), patience()) == Answer::late) {
      give_up("the server gave no answer");
      return;
    }
    PGresult* const result = m_pq.get_result(m_connection.get());
    if (result == nullptr) return;
    const bool copy = is_copy(m_pq.result_status(result));
    m_pq.clear(result);
    if (copy) {
      give_up("the server began a COPY that it was not asked for");
      return;
    }
  }
}

PgResult PostgresqlSession::execute(const std::string& sql) {
  PgResult result =
      ask([&](PGconn* connection) { return m_pq.send_query(connection, sql.c_str()); });
  if (m_in_transaction && std::string_view(m_pq.cmd_status(result.get())) == "BEGIN") {
    if (sql.rfind("BEGIN", 0) == 0) fail(DbErrc::other, "a transaction is open already");
    distrust("the server began a transaction that it was not asked for");
  }
  return result;
}

const ServerStatement& PostgresqlSession::prepare(std::string_view sql) {
  const auto known = m_prepared.find(sql);
  if (known != m_prepared.end()) return known->second;
  if (sql.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    fail(DbErrc::other, "not exactly one statement");
  }
  NumberedSql numbered = number_parameters(sql);
  const std::optional<int> columns = count_result_columns(sql);
  const std::string name = format("s{}", m_prepared.size() + 1);
  ask([&](PGconn* connection) {
    return m_pq.send_prepare(connection, name.c_str(), numbered.text.c_str(), 0, nullptr);
  });
  return m_prepared
      .emplace(std::string(sql), ServerStatement{name, std::move(numbered.names), columns})
      .first->second;
}

/// A connection that is not found to be the same ledger's is not used.
class PostgresqlSession::Renewal final {
 public:
  explicit Renewal(PostgresqlSession& session) noexcept : m_session(session) {
    m_session.m_is_renewing = true;
  }
  Renewal(const Renewal&) = delete;
  Renewal& operator=(const Renewal&) = delete;
  ~Renewal() {
    m_session.m_is_renewing = false;
    if (!m_confirmed) m_session.give_up("the new connection is not known to lead to this ledger");
  }
  void confirm() noexcept { m_confirmed = true; }

 private:
  PostgresqlSession& m_session;
  bool m_confirmed = false;
};

void PostgresqlSession::check_renewed() {
  m_failed = false;
  if (!m_check) return;
  Renewal renewal(*this);
  m_check();
  renewal.confirm();
}

void PostgresqlSession::renew() {
  connect();
  check_renewed();
}

void PostgresqlSession::reconnect() {
  const std::string lost = m_backend;
  connect_patiently();
  end_idle(lost);
  check_renewed();
}

/// A server that crashed takes no connection before it has recovered.
void PostgresqlSession::connect_patiently() {
  const auto deadline = std::chrono::steady_clock::now() + m_lock_timeout;
  for (;;) {
    try {
      connect();
      return;
    } catch (const DbError& failure) {
      if (failure.code() != DbErrc::unavailable) throw;
      if (std::chrono::steady_clock::now() >= deadline) throw;
    }
    std::this_thread::sleep_for(milliseconds(50));
  }
}

/// The server's process for the lost connection may wait for a COMMIT that did not reach it, with
/// the rows of its transaction locked: it is ended, where it can be seen. One that is committing is
/// left alone. Nothing is concluded from this: whoever looks for the outcome takes the same locks.
void PostgresqlSession::end_idle(const std::string& backend) {
  try {
    execute(
        format("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in "
               "transaction' AND pid || ' ' || extract(epoch FROM backend_start) = '{}'",
               backend));
  } catch (const DbError&) {
    if (is_lost()) throw;
  }
}

}  // namespace mtls::store
