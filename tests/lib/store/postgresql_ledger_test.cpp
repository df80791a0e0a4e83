// A ledger on a server: sessions and COMMITs that are lost, first opens, moving, its schema.
#include "lib/store/child_process.hpp"
#include "lib/store/ledger_fixture.hpp"
#include "lib/store/postgresql_fixture.hpp"
#include "store/schema.hpp"
#include "store/transfer.hpp"

#include <thread>

namespace mtls::store::test {
namespace {

using std::chrono::milliseconds;

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
           {"CREATE FUNCTION keep_head() RETURNS trigger LANGUAGE plpgsql SET search_path = "
            "pg_catalog AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER keep_head BEFORE UPDATE ON "
            "log_heads FOR EACH ROW EXECUTE FUNCTION keep_head()",
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
