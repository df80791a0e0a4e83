// Sessions with PostgreSQL that are lost, replaced or lied to.
#include "lib/store/postgresql_fixture.hpp"
#include "store/schema.hpp"
#include "store/transfer.hpp"

namespace mtls::store::test {
namespace {

using Kind = Transaction::Kind;
using std::chrono::milliseconds;

TEST_CASE("a stream that was cut is not one that is over") {
  const Server server;
  const auto victim = Server::open(OpenMode::read_write);
  const auto rows = victim->prepare(
      "SELECT n, CAST(repeat('x', 1000) AS text) FROM generate_series(1, 100000) AS n");
  REQUIRE(rows->step());
  end_others(server.db());
  std::int64_t seen = 1;
  const auto read_on = [&] {
    while (rows->step()) ++seen;
  };
  SUBCASE("by itself") {}
  SUBCASE("while something else is asked, which nothing is asked of anew in the middle of it") {
    CHECK(db_code_of([&] { return number(*victim, "SELECT 1"); }) == DbErrc::unavailable);
  }
  SUBCASE("and something else was asked twice") {
    CHECK(db_code_of([&] { return number(*victim, "SELECT 1"); }) == DbErrc::unavailable);
    CHECK(number(*victim, "SELECT 1") == 1);  // over a new connection
  }
  CHECK(db_code_of(read_on) == DbErrc::unavailable);
  CHECK(db_code_of(read_on) == DbErrc::unavailable);
  CHECK(seen < 100000);
}

TEST_CASE("rows that a lost connection did not take are told") {
  const Server server;
  const auto victim = Server::open(OpenMode::read_write);
  Transaction transaction(*victim, Kind::writing);
  const auto insertion = victim->prepare("INSERT INTO t VALUES (:a, 'x')");
  const auto insert = [&](std::size_t count, std::int64_t first) {
    return insertion->run_all(count, [first](Statement& statement, std::size_t row) {
      statement.bind("a", first + static_cast<std::int64_t>(row));
    });
  };
  CHECK(insert(100, 10).size() == 100);
  end_others(server.db());
  CHECK(db_code_of([&] { insert(100, 1000); }) == DbErrc::unavailable);
  CHECK(db_code_of([&] { insert(100, 1000); }) == DbErrc::unavailable);
  CHECK(db_code_of([&] { transaction.commit(); }) == DbErrc::other);
  CHECK(number(server.db(), "SELECT count(*) FROM t") == 2);
}

TEST_CASE("who writes comes back after the server was restarted, to the same ledger") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  const auto administrator = fixture.connect();
  end_others(*administrator);
  issue(fixture.ledger, intent(fixture.issuer, 2));
  CHECK(fixture.ledger.count() == 2);
}

TEST_CASE("a session in place of a lost one must lead to the same ledger") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  const Ledger reader = fixture.reopen(LedgerAccess::read_only);
  static_cast<void>(reader.log_head(fixture.issuer));
  const auto administrator = fixture.connect();
  end_others(*administrator);
  auto expected = Errc::ledger_rolled_back;
  SUBCASE("of another id") {
    administrator->execute(std::string("UPDATE meta SET ledger_id = '") + k_other_id + "'");
    expected = Errc::ledger_mismatch;
  }
  SUBCASE("of a newer schema") {
    administrator->execute("UPDATE meta SET schema_version = 999");
    expected = Errc::ledger_mismatch;
  }
  SUBCASE("as far on") {
    administrator->execute(
        "DELETE FROM log_entries WHERE seq = 3; UPDATE log_heads SET (seq, hash) = "
        "(SELECT seq, hash FROM log_entries WHERE seq = 2)");
  }
  const Intent wanted = intent(fixture.issuer, 2);
  for (int i = 0; i < 2; ++i) {
    CHECK(code_of([&] { return reader.find(fixture.issuer, serial(1)); }) == expected);
    CHECK(code_of([&] { return list(reader); }) == expected);
    CHECK(code_of([&] { fixture.ledger.record_intents({&wanted, 1}); }) == expected);
  }
  CHECK(number(*administrator, "SELECT count(*) FROM certificates") == 1);
}

TEST_CASE("rows that a trigger swallows are not taken for recorded") {
  LedgerFixture fixture;
  const auto administrator = fixture.connect();
  administrator->execute(
      "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
  const auto swallow = [&](const std::string& when) {
    administrator->execute("CREATE TRIGGER swallow BEFORE " + when +
                           " FOR EACH ROW EXECUTE FUNCTION swallow()");
  };
  const Intent wanted = intent(fixture.issuer, 1);
  const auto record = [&] { fixture.ledger.record_intents({&wanted, 1}); };
  const auto add = [&] {
    static_cast<void>(fixture.ledger.add_issuer(x509::Name::parse("CN=other"), key(2), author()));
  };
  std::optional<Errc> code;
  SUBCASE("an entry of the log") {
    swallow("INSERT ON log_entries");
    code = code_of(record);
  }
  SUBCASE("the head of the log") {
    swallow("UPDATE ON log_heads");
    code = code_of(record);
  }
  SUBCASE("the new head of the log") {
    administrator->execute(
        "CREATE TRIGGER swallow BEFORE UPDATE ON log_heads FOR EACH ROW WHEN (OLD.seq <> NEW.seq) "
        "EXECUTE FUNCTION swallow()");
    code = code_of(record);
  }
  SUBCASE("an intent") {
    swallow("INSERT ON certificates");
    code = code_of(record);
  }
  SUBCASE("an issuer") {
    swallow("INSERT ON issuers");
    code = code_of(add);
  }
  SUBCASE("the head of a new log") {
    swallow("INSERT ON log_heads");
    code = code_of(add);
  }
  SUBCASE("a CA certificate") {
    swallow("INSERT ON ca_certificates");
    code = code_of([&] {
      static_cast<void>(fixture.ledger.add_issuer(x509::Name::parse("CN=root"), key(1),
                                                  ca_certificate(), author()));
    });
  }
  CHECK(code == Errc::ledger_damaged);
  CHECK(number(*administrator, "SELECT count(*) FROM certificates") == 0);
  CHECK(number(*administrator, "SELECT count(*) FROM issuers") == 1);
  CHECK(number(*administrator, "SELECT count(*) FROM log_entries") == 1);
}

TEST_CASE("a certificate that a trigger swallows is not released") {
  LedgerFixture fixture;
  const auto administrator = fixture.connect();
  const Intent wanted = intent(fixture.issuer, 1);
  fixture.ledger.record_intents({&wanted, 1});
  administrator->execute(
      "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
      "CREATE TRIGGER swallow BEFORE UPDATE ON certificates "
      "FOR EACH ROW EXECUTE FUNCTION swallow()");
  const Issued one = issued(fixture.issuer, 1);
  CHECK(code_of([&] { fixture.ledger.record_issued({&one, 1}); }) == Errc::ledger_damaged);
}

TEST_CASE("a migration on a server bears its author and the server's time") {
  const auto connection = PostgresqlServer::open_empty();
  create_schema(*connection, migrations().first(1), k_id);
  connection->execute("INSERT INTO issuers VALUES (1, 'MAA=', 'x')");
  Author ahead = author_now();
  ahead.time += std::chrono::seconds(100);
  const LedgerLocation location = LedgerLocation::at(PostgresqlServer::url());
  CHECK(migrate_ledger(location, ahead, Trial::no).from == 1);
  const auto entry = connection->prepare("SELECT time, actor FROM log_entries");
  REQUIRE(entry->step());
  CHECK(std::abs(entry->integer(0) - author_now().time.time_since_epoch().count()) < 30);
  CHECK(entry->text(1) == ahead.actor);
}

TEST_CASE("what is recorded on a server bears the server's time") {
  const LedgerFixture fixture;
  const auto connection = fixture.connect();
  Author ahead = author_now();
  ahead.time += std::chrono::seconds(100);
  LedgerLocation location = fixture.location;
  location.author = ahead;
  Ledger ledger = Ledger::open(location, k_id, LedgerAccess::read_write);
  ledger.accept(fixture.issuer, {.what = LogAction::accept_rollback}, ahead);
  const std::int64_t time = number(*connection, "SELECT max(time) FROM log_entries");
  CHECK(std::abs(time - author_now().time.time_since_epoch().count()) < 30);
}

}  // namespace
}  // namespace mtls::store::test
