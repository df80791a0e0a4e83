// What only PostgreSQL does: its errors, each provoked; locks; settings of a session; streams.
#include "lib/store/postgresql_fixture.hpp"
#include "store/postgresql_error.hpp"

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

TEST_CASE("each kind of failure is told from the others") {
  const Server server;
  CHECK(code_of_sql(server.db(), "INSERT INTO t VALUES (1, 'x')") == DbErrc::unique);
  CHECK(code_of_sql(server.db(), "INSERT INTO t (a) VALUES (3)") == DbErrc::constraint);
  CHECK(code_of_sql(server.db(), "SELECT 1 FROM nowhere") == DbErrc::corrupt);
  CHECK(code_of_sql(server.db(), "SELECT nothing FROM t") == DbErrc::corrupt);
  CHECK(code_of_sql(server.db(), "SELECT no_function(1)") == DbErrc::corrupt);
  CHECK(code_of_sql(server.db(), "SELEKT 1") == DbErrc::unexpected_answer);
  CHECK(code_of_sql(server.db(), "SELECT 1 / 0") == DbErrc::unexpected_answer);
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
          }) == DbErrc::unexpected_answer);
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

}  // namespace
}  // namespace mtls::store::test
