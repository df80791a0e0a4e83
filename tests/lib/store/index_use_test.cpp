// Every lookup of a certificate uses its index: whatever statements lib/store has, on both engines.
#include "lib/store/engine.hpp"
#include "lib/store/ledger_fixture.hpp"
#include "lib/store/sql_sources.hpp"
#include "store/named_parameters.hpp"
#include "store/schema.hpp"

#include <algorithm>
#include <regex>

namespace mtls::store::test {
namespace {

/// The lookups that are run, each once: found by running them, and complete by the sources.
std::vector<std::string> lookups() {
  const auto all = record_sql(use_every_lookup);
  std::vector<std::string> run;
  std::copy_if(all.begin(), all.end(), std::back_inserter(run), looks_up);
  for (const std::string& piece : lookups_in_sources()) {
    const bool is_run = std::any_of(run.begin(), run.end(), [&piece](const std::string& sql) {
      return sql.find(piece) != std::string::npos;
    });
    CHECK_MESSAGE(is_run, "use_every_lookup does not run: ", piece);
  }
  return run;
}

/// A condition that leaves one row, or the few of one serial or key.
bool is_selective(const std::string& condition) {
  static const std::regex column(
      R"(\b(serial|fingerprint|spki_hash|request_key|replaces|seq|id|rowid)\s*=)");
  return std::regex_search(condition, column);
}

TEST_CASE("the lookups are found in the sources") {
  const auto pieces = lookups_in_sources();
  CHECK(pieces.size() >= 15);
  CHECK(looks_up("SELECT 1 FROM log_entries WHERE serial = :what"));
  CHECK_FALSE(looks_up("UPDATE certificates SET fingerprint = :fingerprint WHERE id = :id"));
}

#ifndef MTLSCTL_TEST_POSTGRESQL

/// What SQLite would do, a step each.
std::vector<std::string> plan_of(Connection& connection, const std::string& sql) {
  const auto rows = connection.prepare("EXPLAIN QUERY PLAN " + sql);
  for (const std::string& name : number_parameters(sql).names) rows->bind_null(name);
  std::vector<std::string> steps;
  while (rows->step()) steps.push_back(rows->text(3));
  return steps;
}

bool uses_index(const std::string& step) {
  if (step.rfind("SCAN CONSTANT", 0) == 0) return true;
  if (step.rfind("SCAN", 0) == 0) return false;
  return step.rfind("SEARCH", 0) != 0 || is_selective(step);
}

TEST_CASE("every lookup by serial, fingerprint or key uses its index") {
  const SqliteOnDisk engine;
  {
    Transaction transaction(*engine.connection, Transaction::Kind::writing);
    create_schema(*engine.connection, migrations(), k_id);
    transaction.commit();
  }
  for (const std::string& sql : lookups()) {
    CAPTURE(sql);
    const auto steps = plan_of(*engine.connection, sql);
    CHECK(!steps.empty());
    for (const std::string& step : steps) CHECK_MESSAGE(uses_index(step), step);
  }
  // What was so before: an index, and no use of it.
  const auto steps = plan_of(*engine.connection,
                             "SELECT time FROM log_entries WHERE issuer = :issuer AND serial = "
                             ":serial AND action = 'revoke' ORDER BY seq LIMIT 1");
  CHECK_FALSE(std::all_of(steps.begin(), steps.end(), uses_index));
}

#else

// Enough that an index is worth its use.
constexpr const char* k_rows = R"(
  INSERT INTO issuers (issuer, subject_der, spki_hash)
    SELECT g, 'subject ' || g, md5(g::text) FROM generate_series(100, 3100) g;
  INSERT INTO ca_certificates (issuer, fingerprint, certificate)
    SELECT 100, md5(g::text), 'x' FROM generate_series(1, 3000) g;
  INSERT INTO certificates (issuer, serial, state, origin, request_key, profile, profile_hash,
      subject, sans, not_before, not_after, fingerprint, spki_hash, certificate, crl_part, actor,
      host, pid, session, note, intent_time, issued_time, changed_time, intent_entry, replaces)
    SELECT 100, md5(g::text), CASE WHEN g % 20 = 0 THEN 'intent' ELSE 'issued' END, 'issued', 'r' || g, 'p', '', 'CN=x', '', g, g,
      md5('f' || g), md5('k' || g), 'x', 0, 'a', 'h', 1, 's', '', g, g, g, g,
      CASE WHEN g % 2 = 0 THEN md5((g - 1)::text) END
    FROM generate_series(1, 20000) g;
  INSERT INTO log_entries (issuer, seq, time, actor, host, action, serial, profile, profile_hash,
      content, row_count, note, previous, hash)
    SELECT 100, g, g, 'a', 'h', CASE WHEN g % 10 = 0 THEN 'revoke' WHEN g % 999 = 0 THEN
      'accept_clock' ELSE 'issue' END, md5(g::text), '', '', '', 1, '', '', ''
    FROM generate_series(1, 40000) g;
  INSERT INTO revocations (issuer, serial, time, reason, entry)
    SELECT 100, md5(g::text), g, '', g FROM generate_series(1, 5000) g;
  ANALYZE)";

/// What PostgreSQL would do, a line each. The names of integer parameters are told from the rest.
std::vector<std::string> plan_of(Connection& connection, const std::string& sql) {
  static const std::set<std::string> integers{
      "issuer",      "seq",        "first",     "after",       "page",         "limit",
      "id",          "entry",      "time",      "issued_time", "revoked_time", "changed_time",
      "intent_time", "not_before", "not_after", "pid",         "crl_part"};
  const auto rows = connection.prepare("EXPLAIN " + sql);
  for (const std::string& name : number_parameters(sql).names) {
    if (integers.contains(name)) {
      rows->bind(name, std::int64_t{100});
    } else {
      rows->bind(name, "a");
    }
  }
  std::vector<std::string> lines;
  while (rows->step()) lines.push_back(squeezed(rows->text(0)));
  return lines;
}

/// Whether each scan is one of an index with a selective condition: the line after it.
bool uses_index(const std::vector<std::string>& lines) {
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const std::string& line = lines[at];
    if (line.find("Seq Scan") != std::string::npos) return false;
    if (line.find("Index Scan") == std::string::npos &&
        line.find("Index Only Scan") == std::string::npos) {
      continue;
    }
    const std::string next = at + 1 < lines.size() ? lines[at + 1] : "";
    if (next.find("Index Cond:") == std::string::npos || !is_selective(next)) return false;
  }
  return true;
}

TEST_CASE("every lookup by serial, fingerprint or key uses its index") {
  LedgerFixture fixture;
  const auto connection = fixture.connect();
  connection->execute(k_rows);
  for (const std::string& sql : lookups()) {
    CAPTURE(sql);
    const auto lines = plan_of(*connection, sql);
    std::string plan;
    for (const std::string& line : lines) plan += line + "\n";
    CHECK(!lines.empty());
    CHECK_MESSAGE(uses_index(lines), plan);
  }
  CHECK_FALSE(uses_index(plan_of(*connection, "SELECT 1 FROM log_entries WHERE note = :note")));
}

#endif

}  // namespace
}  // namespace mtls::store::test
