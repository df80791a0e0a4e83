// What only PostgreSQL does: its errors, each provoked; lost connections; sessions; streams.
#include "lib/store/child_process.hpp"
#include "lib/store/ledger_fixture.hpp"
#include "lib/store/postgresql_fixture.hpp"
#include "store/postgresql_error.hpp"
#include "store/schema.hpp"
#include "store/transfer.hpp"

#include <fstream>
#include <functional>
#include <thread>

namespace mtls::store::test {
namespace {

using Kind = Transaction::Kind;
using std::chrono::milliseconds;

std::string shown(Connection& connection, const std::string& setting) {
  const auto statement = connection.prepare("SELECT current_setting(:name)");
  statement->bind("name", setting);
  REQUIRE(statement->step());
  return statement->text(0);
}

/// Ends the session that waits in `wait_event` as soon as there is one.
std::thread end_waiting(const std::string& wait_event) {
  return std::thread([wait_event] {
    const auto other = PostgresqlServer::open(OpenMode::read_write);
    for (int i = 0; i < 1000; ++i) {
      const auto waiting =
          other->prepare("SELECT count(*) FROM pg_stat_activity WHERE wait_event = :event");
      waiting->bind("event", wait_event);
      if (waiting->step() && waiting->integer(0) > 0) break;
      std::this_thread::sleep_for(milliseconds(5));
    }
    end_others(*other, "wait_event = '" + wait_event + "'");
  });
}

TEST_CASE("each kind of failure is told from the others") {
  const Server server;
  CHECK(code_of_sql(server.db(), "INSERT INTO t VALUES (1, 'x')") == DbErrc::unique);
  CHECK(code_of_sql(server.db(), "INSERT INTO t (a) VALUES (3)") == DbErrc::constraint);
  CHECK(code_of_sql(server.db(), "SELECT 1 FROM nowhere") == DbErrc::corrupt);
  CHECK(code_of_sql(server.db(), "SELECT nothing FROM t") == DbErrc::corrupt);
  CHECK(code_of_sql(server.db(), "SELECT no_function(1)") == DbErrc::corrupt);
  CHECK(code_of_sql(server.db(), "SELEKT 1") == DbErrc::other);
  CHECK(code_of_sql(server.db(), "SELECT 1 / 0") == DbErrc::other);
  CHECK(code_of_sql(server.db(), "SET statement_timeout = '10ms'; SELECT pg_sleep(5)") ==
        DbErrc::unavailable);
  const auto reader = Server::open(OpenMode::read_only);
  CHECK(code_of_sql(*reader, "INSERT INTO t VALUES (3, 'x')") == DbErrc::readonly);
  CHECK(code_of_sql(*reader, "CREATE TABLE u (a bigint)") == DbErrc::readonly);
}

TEST_CASE("a role without the right is told so") {
  const Server server;
  server.db().execute("DROP ROLE IF EXISTS nobody_special");
  server.db().execute("CREATE ROLE nobody_special");
  server.db().execute("GRANT USAGE ON SCHEMA mtlsctl TO nobody_special");
  server.db().execute("SET ROLE nobody_special");
  CHECK(code_of_sql(server.db(), "SELECT 1 FROM t") == DbErrc::readonly);
}

TEST_CASE("codes that a test cannot bring about stand in the table") {
  for (const auto& [sqlstate, kind] :
       {std::pair("53100", DbErrc::full), std::pair("53200", DbErrc::unavailable),
        std::pair("53300", DbErrc::unavailable), std::pair("08006", DbErrc::unavailable),
        std::pair("58030", DbErrc::unavailable), std::pair("XX001", DbErrc::corrupt),
        std::pair("XX002", DbErrc::corrupt), std::pair("40P01", DbErrc::undone),
        std::pair("23514", DbErrc::constraint), std::pair("XX000", DbErrc::other),
        std::pair("22021", DbErrc::other)}) {
    CHECK(db_errc_of_sqlstate(sqlstate) == kind);
  }
}

TEST_CASE("a lock that is held too long is busy") {
  const Server server;
  Transaction holder(server.db(), Kind::writing);
  server.db().execute("UPDATE t SET b = 'x' WHERE a = 1");
  const auto impatient = Server::open(OpenMode::read_write, milliseconds(30));
  CHECK(code_of_sql(*impatient, "UPDATE t SET b = 'y' WHERE a = 1") == DbErrc::busy);
  const auto at_once = Server::open(OpenMode::read_write, milliseconds(0));
  CHECK(code_of_sql(*at_once, "UPDATE t SET b = 'y' WHERE a = 1") == DbErrc::busy);
  CHECK(code_of_sql(*impatient, "UPDATE t SET b = 'y' WHERE a = 2") == std::nullopt);
}

TEST_CASE("one exclusive transaction waits for the other") {
  const Server server;
  const Transaction holder(server.db(), Kind::exclusive);
  const auto impatient = Server::open(OpenMode::read_write, milliseconds(30));
  CHECK(db_code_of([&] { const Transaction other(*impatient, Kind::exclusive); }) == DbErrc::busy);
  // Whoever writes waits for it as well: nobody writes into a schema that is being changed.
  CHECK(db_code_of([&] { const Transaction other(*impatient, Kind::writing); }) == DbErrc::busy);
  CHECK(db_code_of([&] { const Transaction other(*impatient, Kind::reading); }) == std::nullopt);
}

TEST_CASE("writers keep a change of the schema waiting, and not each other") {
  const Server server;
  const Transaction holder(server.db(), Kind::writing);
  const auto impatient = Server::open(OpenMode::read_write, milliseconds(30));
  CHECK(db_code_of([&] { const Transaction other(*impatient, Kind::writing); }) == std::nullopt);
  CHECK(db_code_of([&] { const Transaction other(*impatient, Kind::exclusive); }) == DbErrc::busy);
  // What was refused leaves nothing open.
  CHECK(db_code_of([&] { const Transaction other(*impatient, Kind::writing); }) == std::nullopt);
}

TEST_CASE("a deadlock and a lost snapshot are undone") {
  const Server server;
  const auto other = Server::open(OpenMode::read_write);
  std::optional<DbErrc> mine;
  std::optional<DbErrc> others;
  {
    Transaction one(server.db(), Kind::writing);
    Transaction two(*other, Kind::writing);
    server.db().execute("UPDATE t SET b = 'x' WHERE a = 1");
    other->execute("UPDATE t SET b = 'x' WHERE a = 2");
    std::thread crossing([&] {
      others = code_of_sql(*other, "UPDATE t SET b = 'x' WHERE a = 1");
      if (others) other->roll_back();
    });
    mine = code_of_sql(server.db(), "UPDATE t SET b = 'x' WHERE a = 2");
    if (mine) server.db().roll_back();
    crossing.join();
  }
  CHECK((mine == DbErrc::undone) != (others == DbErrc::undone));

  server.db().execute("BEGIN ISOLATION LEVEL REPEATABLE READ");
  CHECK(number(server.db(), "SELECT count(*) FROM t") == 2);
  other->execute("UPDATE t SET b = 'y' WHERE a = 1");
  CHECK(code_of_sql(server.db(), "UPDATE t SET b = 'z' WHERE a = 1") == DbErrc::undone);
}

TEST_CASE("messages hold neither values nor more than a line") {
  const Server server;
  for (const char* sql : {"INSERT INTO t VALUES (1, 'SECRET')", "SELECT CAST('SECRET' AS bigint)",
                          "INSERT INTO t VALUES ('SECRET', 'x')"}) {
    try {
      server.db().execute(sql);
      FAIL("done");
    } catch (const DbError& error) {
      const std::string words = error.what();
      CHECK(words.find("SECRET") == std::string::npos);
      CHECK(words.find('\n') == std::string::npos);
      CHECK(words.find("SQLSTATE") != std::string::npos);
    }
  }
}

TEST_CASE("a session that was ended is unavailable, and its transaction is gone") {
  const Server server;
  const auto victim = Server::open(OpenMode::read_write);
  Transaction transaction(*victim, Kind::writing);
  victim->execute("INSERT INTO t VALUES (3, 'x')");
  end_others(server.db(), "true");
  CHECK(code_of_sql(*victim, "INSERT INTO t VALUES (4, 'x')") == DbErrc::unavailable);
  CHECK(db_code_of([&] { transaction.commit(); }) == DbErrc::other);
  CHECK(number(server.db(), "SELECT count(*) FROM t") == 2);
}

TEST_CASE("who reads comes back after the server was restarted") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  const Ledger reader = fixture.reopen(LedgerAccess::read_only);
  CHECK(reader.count() == 1);
  const auto administrator = fixture.connect();
  for (int i = 0; i < 2; ++i) {
    end_others(*administrator, "true");
    CHECK(reader.find(fixture.issuer, serial(1)).has_value());
    end_others(*administrator, "true");
    CHECK(list(reader).size() == 1);
  }
}

TEST_CASE("a COMMIT whose answer was lost is looked up: it was not made") {
  LedgerFixture fixture;
  const auto administrator = fixture.connect();
  administrator->execute(
      "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN PERFORM pg_sleep(30); RETURN NULL; END'; "
      "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON certificates "
      "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()");
  std::thread ending = end_waiting("PgSleep");
  const Intent wanted = intent(fixture.issuer, 1);
  const auto error = thrown_by([&] { fixture.ledger.record_intents({&wanted, 1}); });
  ending.join();
  REQUIRE(error);
  CHECK(error->code() == Errc::ledger_unavailable);
  CHECK(error->message().find("nothing of the change was recorded") != std::string::npos);
  administrator->execute("DROP TRIGGER slow ON certificates");
  CHECK(fixture.ledger.count() == 0);
  fixture.ledger.record_intents({&wanted, 1});  // over the new connection
  CHECK(fixture.ledger.count() == 1);
}

TEST_CASE("a COMMIT whose answer was lost is looked up: it was made") {
  LedgerFixture fixture;
  const auto administrator = fixture.connect();
  // A standby that never comes: the commit stands here, and its answer waits for it.
  const auto wait_for_standby = [&](const char* name) {
    administrator->execute(std::string("ALTER SYSTEM SET synchronous_standby_names = '") + name +
                           "'");
    administrator->execute("SELECT pg_reload_conf()");
  };
  const Intent wanted = intent(fixture.issuer, 1);
  wait_for_standby("nobody");
  std::thread ending = end_waiting("SyncRep");
  const auto error = thrown_by([&] { fixture.ledger.record_intents({&wanted, 1}); });
  ending.join();
  wait_for_standby("");
  CHECK_FALSE(error);
  CHECK(fixture.ledger.count() == 1);
}

TEST_CASE("nobody's objects stand in the ledger's way") {
  LedgerFixture fixture;
  const auto connection = fixture.connect();
  connection->execute("DROP TABLE IF EXISTS public.meta");
  connection->execute("CREATE TABLE public.meta (schema_version bigint, ledger_id text)");
  connection->execute("CREATE TEMPORARY TABLE meta (schema_version bigint, ledger_id text)");
  connection->execute("INSERT INTO pg_temp.meta VALUES (99, 'hostile')");
  CHECK(read_meta(*connection).ledger_id == k_id);
  CHECK(fixture.reopen().count() == 0);
  connection->execute("DROP TABLE public.meta");
}

TEST_CASE("a session has the settings that a ledger needs") {
  const Server server;
  const auto reset = [&] { server.db().execute("ALTER ROLE CURRENT_USER RESET ALL"); };
  server.db().execute("ALTER ROLE CURRENT_USER SET synchronous_commit = 'off'");
  server.db().execute("ALTER ROLE CURRENT_USER SET search_path = 'public'");
  server.db().execute("ALTER ROLE CURRENT_USER SET standard_conforming_strings = 'off'");
  server.db().execute("ALTER ROLE CURRENT_USER SET default_transaction_isolation = 'serializable'");
  const auto connection = Server::open(OpenMode::read_write, milliseconds(1234));
  CHECK(shown(*connection, "synchronous_commit") == "on");
  CHECK(shown(*connection, "search_path") == "mtlsctl, pg_temp");
  CHECK(shown(*connection, "standard_conforming_strings") == "on");
  CHECK(shown(*connection, "default_transaction_isolation") == "read committed");
  CHECK(shown(*connection, "lock_timeout") == "1234ms");
  CHECK(shown(*connection, "idle_in_transaction_session_timeout") == "1min");
  CHECK(shown(*connection, "client_encoding") == "UTF8");
  CHECK(shown(*connection, "application_name") == "mtlsctl");
  server.db().execute("ALTER ROLE CURRENT_USER SET synchronous_commit = 'remote_apply'");
  CHECK(shown(*Server::open(OpenMode::read_write), "synchronous_commit") == "remote_apply");
  reset();
}

std::int64_t resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "VmRSS:") break;
  }
  std::int64_t kilobytes = 0;
  status >> kilobytes;
  return kilobytes;
}

TEST_CASE("rows come one by one, whatever their number") {
  const Server server;
  const auto rows = server.db().prepare(
      "SELECT n, CAST(repeat('x', 200) AS text) FROM generate_series(1, 300000) AS n");
  REQUIRE(rows->step());
  const std::int64_t before = resident_kilobytes();
  std::int64_t seen = 1;
  while (rows->step()) CHECK_UNARY(rows->integer(0) == ++seen);
  CHECK(seen == 300'000);
#ifndef __SANITIZE_ADDRESS__  // which keeps what was freed
  CHECK(resident_kilobytes() - before < 10'000);
#else
  static_cast<void>(before);
#endif
}

TEST_CASE("another statement in the middle of a stream loses none of its rows") {
  const Server server;
  const Transaction snapshot(server.db(), Kind::reading);
  const auto rows = server.db().prepare("SELECT n FROM generate_series(1, 1000) AS n");
  std::int64_t seen = 0;
  while (rows->step()) {
    CHECK_UNARY(rows->integer(0) == ++seen);
    if (seen == 10) CHECK(number(server.db(), "SELECT count(*) FROM t") == 2);
  }
  CHECK(seen == 1000);
}

TEST_CASE("an error in the middle of a stream is told") {
  const Server server;
  {
    Transaction transaction(server.db(), Kind::writing);
    const auto rows =
        server.db().prepare("SELECT 10 / (500 - n) FROM generate_series(1, 1000) AS n");
    CHECK(db_code_of([&] {
            while (rows->step()) {
            }
          }) == DbErrc::other);
    CHECK(db_code_of([&] { transaction.commit(); }) == DbErrc::other);
  }
  CHECK(number(server.db(), "SELECT count(*) FROM t") == 2);
}

TEST_CASE("many rows travel together, and a bad one takes all back") {
  const Server server;
  const auto insert = [&](std::size_t count, std::size_t twice) {
    Transaction transaction(server.db(), Kind::writing);
    const auto insertion = server.db().prepare("INSERT INTO t VALUES (:a, :b)");
    insertion->bind("b", "x");
    const auto changed = insertion->run_all(count, [&](Statement& statement, std::size_t row) {
      statement.bind("a", static_cast<std::int64_t>(100 + (row == twice ? 0 : row)));
    });
    transaction.commit();
    return changed;
  };
  CHECK(db_code_of([&] { insert(1000, 500); }) == DbErrc::unique);
  CHECK(number(server.db(), "SELECT count(*) FROM t") == 2);
  CHECK(insert(1000, 0) == std::vector<std::int64_t>(1000, 1));
  CHECK(number(server.db(), "SELECT count(*) FROM t") == 1002);
  CHECK(insert(0, 0).empty());
}

TEST_CASE("many first opens at once make one ledger") {
  static_cast<void>(PostgresqlServer::open_empty());
  PostgresqlServer::open()->execute("DROP SCHEMA mtlsctl");
  const LedgerLocation location = [] {
    LedgerLocation there = LedgerLocation::at(PostgresqlServer::url());
    there.lock_timeout = std::chrono::seconds(30);
    return there;
  }();
  CHECK(mtls::test::run_children(20, 20, [&](int) {
          return Ledger::create_or_join(location, make_ledger_id()).count();
        }) == 0);
  CHECK(mtls::test::run_children(20, 20, [&](int child) {
          Ledger ledger = Ledger::create_or_join(location, make_ledger_id());
          static_cast<void>(ledger.add_issuer(x509::Name::parse("CN=" + std::to_string(child / 2)),
                                              key(1), intent(IssuerId{1}, 1).author()));
        }) == 0);
  const auto connection = PostgresqlServer::open();
  CHECK(number(*connection, "SELECT count(*) FROM meta") == 1);
  CHECK(number(*connection, "SELECT count(*) FROM issuers") == 10);
  CHECK(number(*connection, "SELECT count(*) FROM log_entries") == 10);
}

TEST_CASE("a ledger moves between the engines and back, row by row the same") {
  LedgerFixture fixture;
  for (std::uint64_t i = 1; i <= 1500; ++i) {
    const Intent one = intent(fixture.issuer, i);
    if (i % 500 == 0) issue(fixture.ledger, one);
  }
  std::vector<Intent> batch;
  for (std::uint64_t i = 2000; i < 5000; ++i) batch.push_back(intent(fixture.issuer, i));
  fixture.ledger.record_intents(batch);
  const LedgerLocation file{.file = fixture.directory.path() / "copy.db"};
  static_cast<void>(copy_ledger(fixture.location, file));
  CHECK(code_of([&] { return copy_ledger(file, fixture.location); }) == Errc::would_overwrite);
  const LogHead head = fixture.ledger.log_head(fixture.issuer);
  static_cast<void>(new_location(fixture.directory));
  const Copied back = copy_ledger(file, fixture.location);
  CHECK(back.rows.at(2).table == "certificates");
  CHECK(back.rows.at(2).count == 3003);
  Ledger again = fixture.reopen();
  CHECK(again.log_head(fixture.issuer) == head);
  issue(again, intent(fixture.issuer, 6000));  // its id comes behind those that were copied
  CHECK(again.count() == 3004);
}

TEST_CASE("an older schema is brought up only when it is asked for") {
  const LedgerFixture fixture;
  const auto connection = fixture.connect();
  connection->execute("UPDATE meta SET schema_version = 2");
  CHECK(fixture.reopen(LedgerAccess::read_only).count() == 0);
  for (const auto& one :
       {std::pair{"2", LedgerAccess::read_write}, std::pair{"1", LedgerAccess::read_write},
        std::pair{"1", LedgerAccess::read_only}}) {
    CAPTURE(one.first);
    connection->execute(std::string("UPDATE meta SET schema_version = ") + one.first);
    const auto error = thrown_by([&] { static_cast<void>(fixture.reopen(one.second)); });
    REQUIRE(error);
    CHECK(error->code() == Errc::ledger_mismatch);
    CHECK(error->hint().find("store migrate") != std::string::npos);
  }
}

TEST_CASE("a schema that others changed is found, and its indexes are made again") {
  const ossl::Context context = ossl::Context::process_default(ossl::Configuration::none);
  for (const auto& [change, left] : std::vector<std::pair<const char*, std::int64_t>>{
           {"DROP INDEX certificates_issued_serial", 0},
           {"DROP INDEX certificates_key; CREATE INDEX certificates_key ON certificates (serial)",
            0},
           {"ALTER TABLE certificates DROP CONSTRAINT certificates_state_check", 1},
           {"ALTER TABLE log_entries DROP CONSTRAINT log_entries_pkey", 2},
           {"CREATE RULE quiet AS ON UPDATE TO certificates DO INSTEAD NOTHING", 1},
           {"ALTER TABLE certificates ENABLE ROW LEVEL SECURITY", 1},
           {"CREATE UNIQUE INDEX mine ON certificates (subject)", 1},
           {"ALTER TABLE certificates ADD CONSTRAINT mine CHECK (not_after < 1) NOT VALID", 1},
           {"ALTER TABLE log_entries SET UNLOGGED", 1},
           {"CREATE FUNCTION keep_head() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RETURN NULL; END'; CREATE TRIGGER keep_head BEFORE INSERT ON certificates "
            "FOR EACH ROW EXECUTE FUNCTION keep_head()",
            1},
           {"CREATE INDEX mine ON certificates (subject); CREATE VIEW v AS SELECT 1 AS one", 0}}) {
    const std::string sql = change;
    CAPTURE(sql);
    LedgerFixture fixture;
    REQUIRE(fixture.ledger.check_rows(context).found == 0);
    fixture.connect()->execute(sql);
    const bool harmless = std::string_view(sql).find("VIEW") != std::string_view::npos;
    CHECK((fixture.ledger.check_rows(context).found > 0) == !harmless);
    fixture.ledger.rebuild_indexes();
    CHECK(fixture.ledger.check_rows(context).found == left);
  }
}

TEST_CASE("an administrator makes the tables") {
  static_cast<void>(PostgresqlServer::open_empty());
  const LedgerLocation location = LedgerLocation::at(PostgresqlServer::url());
  const Migrated trial = migrate_ledger(location, author(), Trial::yes);
  CHECK(trial.from == std::nullopt);
  CHECK(PostgresqlServer::open()->tables().empty());
  const Migrated made = migrate_ledger(location, author(), Trial::no);
  CHECK(made.from == std::nullopt);
  CHECK(made.to == migrations().back().version);
  // Nothing is migrated by a clock that is months off.
  CHECK(code_of([&] { return migrate_ledger(location, author(), Trial::no); }) == Errc::clock);
  CHECK(migrate_ledger(location, author_now(), Trial::no).from == made.to);
  CHECK(Ledger::create_or_join(location, k_other_id).id() == made.ledger_id);
}

TEST_CASE("what cannot be reached is unavailable") {
  for (const char* text : {"postgresql://127.0.0.1:1/x", "postgresql:///x?host=/nowhere",
                           "postgresql:///x?no_such_option=1", "postgresql:///x?sslmode=never"}) {
    const LedgerLocation location = LedgerLocation::at(StoreUrl::parse(text));
    CHECK(code_of([&] {
            static_cast<void>(Ledger::open(location, k_id, LedgerAccess::read_only));
          }) == Errc::ledger_unavailable);
  }
}

}  // namespace
}  // namespace mtls::store::test
