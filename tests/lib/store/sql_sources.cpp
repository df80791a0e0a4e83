#include "lib/store/sql_sources.hpp"

#include "lib/store/foreign_ca.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace mtls::store::test {
namespace {

/// The string literals of a C++ text, adjacent ones joined; comments and characters left out.
class Literals final {
 public:
  explicit Literals(std::string text) : m_text(std::move(text)) {}

  std::vector<std::string> read() {
    while (m_at < m_text.size()) {
      if (begins("//")) {
        m_at = past("\n");
      } else if (begins("R\"(")) {
        const std::size_t end = m_text.find(")\"", m_at);
        m_literal += m_text.substr(m_at + 3, end - m_at - 3);
        m_open = true;
        m_at = end + 2;
      } else if (begins("\"")) {
        read_literal();
      } else if (begins("'")) {
        finish();
        m_at += m_text.compare(m_at + 1, 1, "\\") == 0 ? std::size_t{4} : std::size_t{3};
      } else {
        if (std::isspace(static_cast<unsigned char>(m_text[m_at])) == 0) finish();
        ++m_at;
      }
    }
    finish();
    return m_found;
  }

 private:
  [[nodiscard]] bool begins(const char* word) const {
    return m_text.compare(m_at, std::string(word).size(), word) == 0;
  }
  [[nodiscard]] std::size_t past(const char* word) const {
    const std::size_t end = m_text.find(word, m_at);
    return end == std::string::npos ? m_text.size() : end + 1;
  }
  void read_literal() {
    for (++m_at; m_at < m_text.size() && m_text[m_at] != '"'; ++m_at) {
      if (m_text[m_at] == '\\') ++m_at;
      m_literal += m_text[m_at];
    }
    ++m_at;
    m_open = true;
  }
  void finish() {
    if (m_open) m_found.push_back(m_literal);
    m_literal.clear();
    m_open = false;
  }

  std::string m_text;
  std::size_t m_at = 0;
  std::string m_literal;
  bool m_open = false;
  std::vector<std::string> m_found;
};

std::set<std::string>* g_recorded = nullptr;  // of record_sql, while it runs

int note_statement(unsigned /*kind*/, void* /*context*/, void* statement, void* /*text*/) {
  const char* const sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
  if (g_recorded != nullptr && sql != nullptr) g_recorded->insert(squeezed(sql));
  return 0;
}

int trace_connection(sqlite3* database, char** /*error*/, const void* /*functions*/) {
  return sqlite3_trace_v2(database, SQLITE_TRACE_STMT, note_statement, nullptr);
}

/// The form in which SQLite takes it.
auto* const k_trace_connection = reinterpret_cast<void (*)()>(trace_connection);

/// A ledger in a file, whatever the tests around it run on.
struct SqliteLedger : ForeignCa {
  TemporaryDirectory directory;
  LedgerLocation location{.file = directory.path() / "ca.db"};
  Ledger ledger = Ledger::create(location, k_id);
  x509::Certificate own = sign(1000, "CN=foreign");
  IssuerId issuer = ledger.add_issuer(name, key.public_key(), own, author());

  void issue_own(std::uint64_t number) {
    Intent wanted = intent(issuer, number);
    const auto certificate = sign(number, "CN=client");
    wanted.tbs = to_bytes(certificate.tbs());
    wanted.request_key = "r" + std::to_string(number);
    ledger.record_intents({&wanted, 1});
    Issued done = issued(issuer, number);
    done.fingerprint = certificate.fingerprint();
    done.certificate = to_bytes(certificate.der());
    if (number % 2 == 0) {
      ledger.record_issued({&done, 1});
    } else {
      ledger.record_issued_revoked({&done, 1}, "to be refused");
    }
  }
  void import(std::uint64_t number, std::optional<Imported::Revocation> revocation) {
    const Imported one{.issuer = issuer,
                       .certificate = sign(number, "CN=imported"),
                       .revocation = std::move(revocation)};
    ledger.record_imported({&one, 1}, author(7));
  }
};

void write_all(SqliteLedger& fixture) {
  Ledger& ledger = fixture.ledger;
  static_cast<void>(
      ledger.add_issuer(fixture.name, fixture.key.public_key(), fixture.own, author()));
  fixture.issue_own(2);
  fixture.issue_own(3);
  Intent given_up = intent(fixture.issuer, 4);
  given_up.request_key = "r4";
  ledger.record_intents({&given_up, 1});
  Intent instead = intent(fixture.issuer, 5);
  instead.request_key = "r4";
  instead.replaces_intent = serial(4);
  ledger.record_intents({&instead, 1});
  ledger.burn_intent(fixture.issuer, serial(5), "given up", author());
  Intent taken = intent(fixture.issuer, 2);
  CHECK(code_of([&] { ledger.record_intents({&taken, 1}); }) == Errc::serial_conflict);
  taken = intent(fixture.issuer, 7);
  taken.request_key = "r2";
  CHECK(code_of([&] { ledger.record_intents({&taken, 1}); }) == Errc::request_key_used);
  fixture.import(6, std::nullopt);
  fixture.import(6, Imported::Revocation{.time = at(0), .reason = "superseded"});
  fixture.import(6, std::nullopt);
  ledger.accept(fixture.issuer, {.what = LogAction::accept_clock, .serial = serial(2)}, author());
}

void read_all(const SqliteLedger& fixture, const Ledger& ledger) {
  const auto certificate = fixture.sign(2, "CN=client");
  const auto other = fixture.sign(2, "CN=other");
  const IssuerId issuer = fixture.issuer;
  CHECK(ledger.find_issuer(fixture.name, fixture.key.public_key()) == issuer);
  const auto record = ledger.find(issuer, serial(2));
  REQUIRE(record);
  CHECK(ledger.with_status(*record).state == State::issued);
  CHECK(ledger.find_by_serial(serial(2)).size() == 1);
  CHECK(ledger.find_by_fingerprint(certificate.fingerprint()));
  CHECK(ledger.find_by_request_key(issuer, "r2"));
  CHECK(ledger.find_replacements(issuer, serial(2)).empty());
  CHECK(ledger.find_replacements(issuer).empty());
  CHECK_FALSE(ledger.find_by_key(record->spki_hash).empty());
  CHECK(ledger.has_certificate(issuer, certificate.fingerprint()));
  CHECK(ledger.status(certificate, &fixture.own)->recorded == Recorded::yes);
  CHECK(ledger.status(certificate, nullptr)->recorded == Recorded::yes);
  CHECK(ledger.status(issuer, other).recorded == Recorded::other_tbs);
  CHECK(ledger.find_revocation(issuer, serial(6)));
  CHECK(ledger.find_revocations(issuer).size() == 2);
  const Acceptance accepted{.what = LogAction::accept_clock, .serial = serial(2)};
  CHECK(ledger.has_accepted_time(issuer, accepted));
  static_cast<void>(ledger.find_later_than(issuer, at(-1)));
}

}  // namespace

std::string squeezed(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!space) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  return result;
}

bool looks_up(const std::string& sql) {
  static const std::regex compared(
      R"(\b(serial|fingerprint|spki_hash|request_key|replaces|\{\}) = :\w+)");
  const std::size_t where = sql.find("WHERE");
  const bool whole = sql.rfind("UPDATE", 0) == 0;
  return std::regex_search(whole && where != std::string::npos ? sql.substr(where) : sql, compared);
}

std::vector<std::string> lookups_in_sources() {
  static const std::regex placeholder(R"(\{\d*\})");
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(MTLSCTL_STORE_SOURCES)) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    for (const std::string& literal : Literals(text.str()).read()) {
      std::sregex_token_iterator piece(literal.begin(), literal.end(), placeholder, -1);
      for (; piece != std::sregex_token_iterator(); ++piece) {
        if (looks_up(squeezed(*piece))) found.push_back(squeezed(*piece));
      }
    }
  }
  return found;
}

std::set<std::string> record_sql(const std::function<void()>& work) {
  std::set<std::string> recorded;
  g_recorded = &recorded;
  REQUIRE(sqlite3_auto_extension(k_trace_connection) == SQLITE_OK);
  work();
  sqlite3_cancel_auto_extension(k_trace_connection);
  g_recorded = nullptr;
  return recorded;
}

void use_every_lookup() {
  SqliteLedger fixture;
  write_all(fixture);
  read_all(fixture, fixture.ledger);
  CHECK(fixture.ledger.verify_log(fixture.issuer).found == 0);
  // A row that is lost, which the audit looks for.
  open_sqlite(fixture.location.file, OpenMode::read_write, std::chrono::seconds(30))
      ->execute("DELETE FROM certificates WHERE state = 'issued'");
  CHECK(fixture.ledger.verify_log(fixture.issuer).found > 0);
  static_cast<void>(fixture.ledger.check_rows(fixture.context));
}

}  // namespace mtls::store::test
