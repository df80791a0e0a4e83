// Reading a database as it lies: the same answers as under SQLite's locks, whoever writes
// meanwhile.
#include "lib/store/child_process.hpp"
#include "lib/store/engine.hpp"
#include "store/still_connection.hpp"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

namespace mtls::store::test {
namespace {

namespace fs = std::filesystem;
using mtls::test::become_nobody;
using mtls::test::run_child;
using mtls::test::start_child;
using mtls::test::TemporaryDirectory;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds k_timeout = seconds(30);

UnixTime now() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

/// A database that nobody has open, and the time at which it has lain for long enough. The times of
/// its file are real: all that changes it later has to change them.
struct Database {
  TemporaryDirectory directory;
  Path file;
  UnixTime later;

  explicit Database(const std::string& name = "ca.db") : file(directory.path() / name) {
    write("CREATE TABLE t (a bigint PRIMARY KEY, b text)");
    write("INSERT INTO t VALUES (1, 'one'), (2, NULL)");
    later = now() + seconds(10);
    pass_a_tick();
  }
  void write(const std::string& sql) const {
    open_sqlite(file, OpenMode::create, k_timeout)->execute(sql);
  }
  /// Longer than the steps in which the kernel counts the times of files.
  static void pass_a_tick() { std::this_thread::sleep_for(milliseconds(25)); }
  [[nodiscard]] std::unique_ptr<Connection> read() const {
    return read_sqlite(file, later, k_timeout);
  }
};

/// Whether it answers from the file as it lies, and has made nothing beside it.
bool is_still(const Connection& connection) {
  const auto* still = dynamic_cast<const StillConnection*>(&connection);
  return still != nullptr && still->is_still();
}

std::int64_t count(Connection& connection) { return number(connection, "SELECT count(*) FROM t"); }

TEST_CASE("what nobody writes is read without a trace") {
  const Database database;
  const auto listed = [&] {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(database.directory.path())) {
      names.insert(entry.path().filename());
    }
    return names;
  };
  const auto before = listed();
  const auto directory_time = fs::last_write_time(database.directory.path());
  const auto connection = database.read();
  const auto statement = connection->prepare("SELECT a, b FROM t WHERE a >= :from ORDER BY a");
  statement->bind("from", 1);
  REQUIRE(statement->step());
  CHECK(statement->integer(0) == 1);
  CHECK(statement->text(1) == "one");
  CHECK_FALSE(statement->is_null(1));
  REQUIRE(statement->step());
  CHECK(statement->integer(0) == 2);
  CHECK(statement->is_null(1));
  CHECK(statement->optional_text(1) == std::nullopt);
  CHECK_FALSE(statement->step());
  CHECK_FALSE(statement->step());
  statement->bind("from", 2);
  REQUIRE(statement->step());
  CHECK(statement->integer(0) == 2);
  CHECK_FALSE(statement->step());
  CHECK(listed() == before);
  CHECK(fs::last_write_time(database.directory.path()) == directory_time);
}

TEST_CASE("what was written a moment ago, or will be, is read under SQLite's locks") {
  for (const seconds age : {seconds(0), seconds(1), seconds(2), seconds(-100), seconds(3)}) {
    CAPTURE(age.count());
    const Database database;
    struct stat status {};
    REQUIRE(::stat(database.file.c_str(), &status) == 0);
    const UnixTime time = UnixTime(seconds(status.st_ctim.tv_sec)) + age;
    const auto connection = read_sqlite(database.file, time, k_timeout);
    CHECK(count(*connection) == 2);
    CHECK(is_still(*connection) == (age == seconds(3)));
  }
}

TEST_CASE("a database that somebody has open is read under SQLite's locks") {
  const Database database;
  const auto writer = open_sqlite(database.file, OpenMode::read_write, k_timeout);
  writer->execute("INSERT INTO t VALUES (3, 'three')");
  CHECK(count(*database.read()) == 3);
}

TEST_CASE("what a process left when it was killed is read") {
  const Database database;
  CHECK(run_child([&] {
          const auto writer = open_sqlite(database.file, OpenMode::read_write, k_timeout);
          writer->execute("INSERT INTO t VALUES (3, 'three')");
          ::_exit(0);  // nothing is tidied
        }) == 0);
  REQUIRE(fs::exists(database.file.native() + "-wal"));
  CHECK(count(*database.read()) == 3);
}

TEST_CASE("a transaction that was cut off in its journal is rolled back before anything is read") {
  const Database database;
  database.write("PRAGMA journal_mode=DELETE");
  CHECK(run_child([&] {
          sqlite3* raw = nullptr;
          const auto run = [&](const char* sql) {
            if (sqlite3_exec(raw, sql, nullptr, nullptr, nullptr) != SQLITE_OK) ::_exit(2);
          };
          if (sqlite3_open(database.file.c_str(), &raw) != SQLITE_OK) ::_exit(3);
          run("PRAGMA cache_size=1");
          run("BEGIN; WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n "
              "WHERE i < 3000) INSERT INTO t SELECT i, 'xxxxxxxxxxxxxxxxxxxxxxxx' FROM n");
          ::_exit(0);  // much of it is in the file already
        }) == 0);
  REQUIRE(fs::exists(database.file.native() + "-journal"));
  const UnixTime later = now() + seconds(10);
  const auto connection = read_sqlite(database.file, later, k_timeout);
  CHECK(count(*connection) == 2);
  CHECK_FALSE(is_still(*connection));
}

TEST_CASE("whoever writes later is noticed, whether still there or gone") {
  for (const bool stays : {true, false}) {
    CAPTURE(stays);
    const Database database;
    const auto connection = database.read();
    const auto rows = connection->prepare("SELECT a FROM t ORDER BY a");
    REQUIRE(rows->step());
    const auto early = connection->prepare("SELECT count(*) FROM t");
    CHECK(count(*connection) == 2);
    CHECK(is_still(*connection));

    auto writer = open_sqlite(database.file, OpenMode::read_write, k_timeout);
    writer->execute("INSERT INTO t VALUES (3, 'three')");
    if (!stays) writer.reset();

    CHECK(count(*connection) == 3);
    CHECK_FALSE(is_still(*connection));
    REQUIRE(early->step());
    CHECK(early->integer(0) == 3);
    // What was being read is of one moment.
    REQUIRE(rows->step());
    CHECK(rows->integer(0) == 2);
    CHECK_FALSE(rows->step());
  }
}

TEST_CASE("what lies behind a symbolic link is read under SQLite's locks") {
  const Database database;
  const Path link = database.directory.path() / "link.db";
  fs::create_symlink(database.file, link);
  const auto writer = open_sqlite(database.file, OpenMode::read_write, k_timeout);
  writer->execute("INSERT INTO t VALUES (3, 'three')");
  const auto connection = read_sqlite(link, database.later, k_timeout);
  CHECK(count(*connection) == 3);
  CHECK_FALSE(is_still(*read_sqlite(database.file, database.later, k_timeout)));
  // One that is put in the place of the file later, too.
  const Database other("other.db");
  const auto early = other.read();
  CHECK(count(*early) == 2);
  fs::remove(other.file);
  fs::create_symlink(database.file, other.file);
  CHECK(count(*early) == 3);
}

TEST_CASE("a file that was put in the place of the first is read") {
  const Database database;
  const auto connection = database.read();
  CHECK(count(*connection) == 2);
  const Database other("other.db");
  other.write("DELETE FROM t");
  fs::rename(other.file, database.file);
  CHECK(count(*connection) == 0);
}

TEST_CASE("many rows, and whole transactions, are read under SQLite's locks") {
  const Database database;
  database.write(
      "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
      "INSERT INTO t SELECT i, 'x' FROM n");
  const auto connection = database.read();
  CHECK(count(*connection) == 300);
  CHECK(is_still(*connection));
  const auto all = connection->prepare("SELECT a FROM t ORDER BY a");
  std::int64_t next = 1;
  while (all->step()) CHECK(all->integer(0) == next++);
  CHECK(next == 301);
  CHECK_FALSE(is_still(*connection));

  const auto second = database.read();
  const Transaction snapshot(*second, Transaction::Kind::reading);
  CHECK(count(*second) == 300);
  database.write("DELETE FROM t WHERE a = 300");
  CHECK(count(*second) == 300);
}

TEST_CASE("errors are those of the ordinary way") {
  const Database database;
  database.write("INSERT INTO t VALUES (3, 17)");
  const auto connection = database.read();
  CHECK(db_code_of([&] { connection->prepare("SELECT absent FROM t")->step(); }) ==
        DbErrc::corrupt);
  const auto again = database.read();
  CHECK(db_code_of([&] { again->prepare("SELECT a FROM t WHERE a = :a")->step(); }) ==
        DbErrc::other);
  CHECK(db_code_of([&] { again->prepare("SELECT 1")->bind("no", 1).step(); }) == DbErrc::other);
  CHECK(db_code_of([&] { again->execute("DELETE FROM t"); }) == DbErrc::readonly);
  CHECK(db_code_of([&] { database.read()->prepare("DELETE FROM t")->run(); }) == DbErrc::readonly);
  for (const bool still : {true, false}) {
    const auto reader =
        still ? database.read() : open_sqlite(database.file, OpenMode::read_only, k_timeout);
    const auto statement = reader->prepare("SELECT a, b FROM t WHERE a = 2");
    REQUIRE(statement->step());
    try {
      static_cast<void>(statement->text(0));
      FAIL("a number was given as a text");
    } catch (const DbError& error) {
      CHECK(error.code() == DbErrc::corrupt);
      CHECK(std::string(error.what()) == "column a has another type than its table's");
    }
    CHECK(db_code_of([&] { static_cast<void>(statement->integer(1)); }) == DbErrc::corrupt);
  }
}

TEST_CASE("a damaged file is said to be damaged") {
  const TemporaryDirectory directory;
  const Path file = directory.write("ca.db", std::string(8192, 'x'));
  CHECK(db_code_of([&] {
          static_cast<void>(count(*read_sqlite(file, now() + seconds(10), k_timeout)));
        }) == DbErrc::corrupt);
  CHECK(db_code_of([&] { return read_sqlite(directory.file("none"), now(), k_timeout); }) ==
        DbErrc::unavailable);
}

TEST_CASE("a name is a name here too") {
  for (const char* name : {"with space", "what?immutable=0", "50%20off", "%00", "#1",
                           ":memory:", "file:x?mode=memory", "new\nline", "a&b=c", "\xc3\xbc"}) {
    CAPTURE(name);
    const Database database(name);
    const auto connection = database.read();
    CHECK(count(*connection) == 2);
    CHECK(is_still(*connection));
  }
}

TEST_CASE("what lies in a directory that cannot be written is read") {
  const Database database;
  fs::permissions(database.directory.path(), fs::perms(0555));
  fs::permissions(database.file, fs::perms(0644));
  const UnixTime later = now() + seconds(10);
  CHECK(run_child([&] {
          become_nobody();
          if (count(*read_sqlite(database.file, later, k_timeout)) != 2) ::_exit(2);
        }) == 0);
  fs::permissions(database.directory.path(), fs::perms(0755));
}

// Each transaction of the writer moves something from one row to the other, and counts up. A reader
// that saw half of one, or anything older than what it saw before, would say so.
TEST_CASE("among writers that come and go a reader sees whole transactions, none of them late") {
  const Database database;
  database.write("DELETE FROM t");
  database.write("INSERT INTO t VALUES (1, '0'), (2, '0')");
  Database::pass_a_tick();
  const pid_t writer = start_child([&] {
    for (int i = 1; i <= 60; ++i) {
      auto connection = open_sqlite(database.file, OpenMode::read_write, k_timeout);
      for (int j = 0; j < 3; ++j) {
        connection->execute("UPDATE t SET b = b + 1");
      }
      // While it is open the file is in use; closed, it has to rest for as long as the clock of its
      // times needs, which in earnest its age sees to.
      if (i % 2 == 0) std::this_thread::sleep_for(milliseconds(10));
      connection.reset();
      Database::pass_a_tick();
    }
  });
  std::int64_t seen = 0;
  std::int64_t still = 0;
  std::int64_t locked = 0;
  int status = 0;
  while (::waitpid(writer, &status, WNOHANG) == 0) {
    auto connection = database.read();
    for (int i = 0; i < 3; ++i) {
      const auto rows = connection->prepare("SELECT b + 0 FROM t ORDER BY a");
      REQUIRE(rows->step());
      const std::int64_t first = rows->integer(0);
      REQUIRE(rows->step());
      REQUIRE(rows->integer(0) == first);
      REQUIRE(first >= seen);
      seen = first;
    }
    const bool was_still = is_still(*connection);
    ++(was_still ? still : locked);
    connection.reset();
    // The last one to close it may have written, too.
    if (!was_still) Database::pass_a_tick();
  }
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(number(*database.read(), "SELECT b + 0 FROM t WHERE a = 1") == 180);
  CHECK(still > 0);
  CHECK(locked > 0);
}

}  // namespace
}  // namespace mtls::store::test
