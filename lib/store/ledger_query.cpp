#include "base/bytes.hpp"
#include "base/format.hpp"
#include "store/ledger_data.hpp"
#include "store/record_row.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace mtls::store {
namespace {

// Of our own there is one; imported ones may repeat a serial.
constexpr std::string_view k_by_issuer_and_serial =
    "WHERE serial = :serial AND issuer = :issuer ORDER BY origin DESC, id LIMIT 1";
// The same certificate may be recorded under several issuers.
constexpr std::string_view k_by_fingerprint =
    "WHERE fingerprint = :fingerprint ORDER BY id LIMIT 1";

/// SELECT of all columns of a record, with `rest` behind FROM certificates.
std::string select(std::string_view rest) {
  return format("SELECT {} FROM certificates {}", k_record_columns, rest);
}

std::optional<Record> read_one(Statement& statement) {
  if (!statement.step()) return std::nullopt;
  return read_record(statement).record;
}

std::vector<Record> read_all(Statement& statement) {
  std::vector<Record> records;
  while (statement.step()) records.push_back(read_record(statement).record);
  return records;
}

constexpr std::string_view k_replacements =
    "SELECT serial, state, not_before, not_after, replaces FROM certificates WHERE issuer = "
    ":issuer";

Replacement read_replacement(const Statement& row) {
  const auto state = parse_state(row.text(1));
  if (!state) throw DbError(DbErrc::corrupt, "column state holds what it cannot");
  return {
      .serial = read_serial(row.text(0), "serial"),
      .state = *state,
      .validity = {.not_before = to_time(row.integer(2)), .not_after = to_time(row.integer(3))}};
}

/// A LIKE pattern for lower-case texts that contain `words`, every character of which means itself.
/// Lowered here: an engine's lower() of a parameter depends on its locale.
std::string like_pattern(std::string_view words) {
  std::string pattern = "%";
  for (const char c : words) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return pattern + "%";
}

/// Whether any text of a ledger could be what `query` asks for; throws usage where it asks for more
/// than a pattern of SQLite's may hold.
bool can_match(const Query& query) {
  constexpr std::size_t k_words_limit = 20'000;
  if (query.subject_contains && query.subject_contains->size() > k_words_limit) {
    throw Error(Errc::usage,
                format("a text to search for is longer than {} octets", k_words_limit));
  }
  return is_storable(query.subject_contains.value_or("")) &&
         is_storable(query.profile.value_or(""));
}

/// The text of a list: only the conditions that are asked for, so that what is left can use the
/// index.
std::string list_text(const Query& query) {
  std::string where = "WHERE (not_after, serial, id) > (:after_end, :after_serial, :after_id)";
  if (query.issuer) where += " AND issuer = :issuer";
  if (query.state) where += " AND state = :state";
  if (query.profile) where += " AND profile = :profile";
  if (query.expires_before) where += " AND not_after < :expires_before";
  if (query.valid_at) where += " AND not_before <= :valid_at AND not_after >= :valid_at";
  if (query.subject_contains) {
    where += " AND (lower(subject) LIKE :words ESCAPE '\\' OR lower(sans) LIKE :words ESCAPE '\\')";
  }
  return select(where + " ORDER BY not_after, serial, id LIMIT :page");
}

void bind_conditions(Statement& statement, const Query& query) {
  if (query.issuer) statement.bind("issuer", number(*query.issuer));
  if (query.state) statement.bind("state", name(*query.state));
  if (query.profile) statement.bind("profile", *query.profile);
  if (query.expires_before) statement.bind("expires_before", to_seconds(*query.expires_before));
  if (query.valid_at) statement.bind("valid_at", to_seconds(*query.valid_at));
  if (query.subject_contains) statement.bind("words", like_pattern(*query.subject_contains));
}

/// A list read page by page: between pages no statement is open, and memory holds one page.
class Pages final {
 public:
  Pages(Connection& connection, const Query& query)
      : m_statement(connection.prepare(list_text(query))),
        m_left(query.limit > 0 ? query.limit : std::numeric_limits<std::int64_t>::max()) {
    bind_conditions(*m_statement, query);
  }

  /// The next rows; empty after the last.
  std::vector<Record> next() {
    constexpr std::int64_t k_page = 256;
    std::vector<Record> page;
    const std::int64_t wanted = std::min(k_page, m_left);
    if (wanted == 0) return page;
    m_statement->bind("after_end", m_after_end)
        .bind("after_serial", m_after_serial)
        .bind("after_id", m_after_id)
        .bind("page", wanted);
    while (m_statement->step()) {
      RecordRow row = read_record(*m_statement);
      advance(row);
      page.push_back(std::move(row.record));
    }
    const auto got = static_cast<std::int64_t>(page.size());
    m_left = got < wanted ? 0 : m_left - got;
    return page;
  }

 private:
  /// A row that is not behind the one before was not asked for: it is there twice, or in the place
  /// of another.
  void advance(const RecordRow& row) {
    const std::int64_t end = to_seconds(row.record.validity.not_after);
    const std::string serial = row.record.serial.to_text();
    if (std::tie(end, serial, row.id) <= std::tie(m_after_end, m_after_serial, m_after_id)) {
      throw DbError(DbErrc::corrupt, "rows of a list are not in the order that was asked for");
    }
    m_after_end = end;
    m_after_serial = serial;
    m_after_id = row.id;
  }

  std::unique_ptr<Statement> m_statement;
  std::int64_t m_left;
  std::int64_t m_after_end = std::numeric_limits<std::int64_t>::min();
  std::string m_after_serial;
  std::int64_t m_after_id = 0;
};

}  // namespace

std::optional<Record> Ledger::find(IssuerId issuer, const x509::SerialNumber& serial) const {
  return m_data->guard([&] {
    const auto statement = m_data->prepare(select(k_by_issuer_and_serial));
    statement->bind("serial", serial.to_text()).bind("issuer", number(issuer));
    return read_one(*statement);
  });
}

std::vector<Record> Ledger::find_by_serial(const x509::SerialNumber& serial) const {
  return m_data->guard([&] {
    const auto statement = m_data->prepare(select("WHERE serial = :serial ORDER BY issuer, id"));
    statement->bind("serial", serial.to_text());
    return read_all(*statement);
  });
}

std::optional<Record> Ledger::find_by_fingerprint(const crypto::Sha256& fingerprint) const {
  return m_data->guard([&] {
    const auto statement = m_data->prepare(select(k_by_fingerprint));
    statement->bind("fingerprint", to_hex(fingerprint));
    return read_one(*statement);
  });
}

std::optional<Record> Ledger::find_by_request_key(IssuerId issuer,
                                                  std::string_view request_key) const {
  if (!is_storable(request_key)) return std::nullopt;
  return m_data->guard([&] {
    const auto statement =
        m_data->prepare(select("WHERE issuer = :issuer AND request_key = :request_key "
                               "AND state IN ('intent', 'issued')"));
    statement->bind("issuer", number(issuer)).bind("request_key", request_key);
    return read_one(*statement);
  });
}

std::vector<Replacement> Ledger::find_replacements(IssuerId issuer,
                                                   const x509::SerialNumber& serial) const {
  return m_data->guard([&] {
    const auto statement =
        m_data->prepare(format("{} AND replaces = :serial ORDER BY id", k_replacements));
    statement->bind("issuer", number(issuer)).bind("serial", serial.to_text());
    std::vector<Replacement> found;
    while (statement->step()) found.push_back(read_replacement(*statement));
    return found;
  });
}

std::map<x509::SerialNumber, std::vector<Replacement>> Ledger::find_replacements(
    IssuerId issuer) const {
  return m_data->guard([&] {
    const auto statement =
        m_data->prepare(format("{} AND replaces IS NOT NULL ORDER BY id", k_replacements));
    statement->bind("issuer", number(issuer));
    std::map<x509::SerialNumber, std::vector<Replacement>> found;
    while (statement->step()) {
      found[read_serial(statement->text(4), "replaces")].push_back(read_replacement(*statement));
    }
    return found;
  });
}

std::vector<Record> Ledger::find_by_key(const crypto::Sha256& spki_hash) const {
  return m_data->guard([&] {
    const auto statement =
        m_data->prepare(select("WHERE spki_hash = :spki_hash ORDER BY intent_time DESC, id DESC"));
    statement->bind("spki_hash", to_hex(spki_hash));
    return read_all(*statement);
  });
}

void Ledger::list(const Query& query, const std::function<Continue(const Record&)>& row) const {
  if (!can_match(query)) return;
  m_data->guard([&] {
    Transaction snapshot(*m_data->connection, Transaction::Kind::reading);
    Pages pages(*m_data->connection, query);
    for (auto page = pages.next(); !page.empty(); page = pages.next()) {
      for (const Record& record : page) {
        if (row(record) == Continue::no) return;
      }
    }
  });
}

std::int64_t Ledger::count() const {
  return m_data->guard([&] {
    const auto statement = m_data->prepare("SELECT count(*) FROM certificates");
    statement->step();
    return statement->integer(0);
  });
}

std::optional<Record> Ledger::find_later_than(IssuerId issuer, UnixTime limit) const {
  return m_data->guard([&] {
    const auto statement = m_data->prepare(select(
        "c WHERE changed_time > :limit AND issuer = :issuer AND NOT EXISTS (SELECT 1 FROM "
        "log_entries l WHERE l.issuer = c.issuer AND l.serial = c.serial AND l.action = "
        "'accept_clock') AND NOT EXISTS (SELECT 1 FROM log_entries e JOIN log_entries l ON "
        "l.issuer = e.issuer AND l.content = e.hash AND l.action = 'accept_clock' WHERE e.issuer = "
        "c.issuer AND e.time >= c.changed_time AND e.seq IN (coalesce(c.standing_entry, 0), "
        "coalesce(c.issue_entry, 0), c.intent_entry)) "
        "ORDER BY changed_time DESC LIMIT 1"));
    statement->bind("limit", to_seconds(limit)).bind("issuer", number(issuer));
    return read_one(*statement);
  });
}

}  // namespace mtls::store
