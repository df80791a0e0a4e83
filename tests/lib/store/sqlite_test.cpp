// What is SQLite's alone: the file, the settings, and each row of the table of errors for real.
#include "lib/store/child_process.hpp"
#include "lib/store/engine.hpp"
#include "lib/store/system_call_faults.hpp"
#include "support/umask.hpp"

#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <stdexcept>
#include <string>

namespace mtls::store::test {
namespace {

namespace fs = std::filesystem;
using mtls::test::become_nobody;
using mtls::test::mode_of;
using mtls::test::run_child;
using mtls::test::TemporaryDirectory;
using mtls::test::Umask;
using Kind = Transaction::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds k_timeout = seconds(30);

void expect(bool truth, const char* what) {
  if (!truth) throw std::runtime_error(what);
}

void fill(Connection& connection) {
  connection.execute("CREATE TABLE t (a bigint PRIMARY KEY, b text)");
  connection.execute("INSERT INTO t VALUES (1, 'one')");
}

TEST_CASE("the settings of a session are the safe ones") {
  const SqliteOnDisk engine;
  const auto text = [&](std::string_view sql) {
    const auto statement = engine.connection->prepare(sql);
    REQUIRE(statement->step());
    return statement->text(0);
  };
  CHECK(text("PRAGMA journal_mode") == "wal");
  CHECK(number(*engine.connection, "PRAGMA synchronous") == 2);
  CHECK(number(*engine.connection, "PRAGMA foreign_keys") == 1);
  CHECK(number(*engine.connection, "PRAGMA trusted_schema") == 0);
  CHECK(number(*engine.connection, "PRAGMA cell_size_check") == 1);
  CHECK(number(*engine.connection, "PRAGMA temp_store") == 2);
  CHECK(db_code_of([&] { engine.connection->execute("SELECT load_extension('x')"); }) ==
        DbErrc::other);
}

TEST_CASE("all files of a ledger are 0600 whatever the umask") {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}, mode_t{0277}, mode_t{0777}}) {
    CAPTURE(mask);
    const TemporaryDirectory directory;
    const Umask umask(mask);
    const auto connection = open_sqlite(directory.file("ca.db"), OpenMode::create, k_timeout);
    fill(*connection);
    for (const char* name : {"ca.db", "ca.db-wal", "ca.db-shm"}) {
      CAPTURE(name);
      CHECK(mode_of(directory.file(name).c_str()) == 0600);
    }
  }
}

TEST_CASE("a closed ledger is one file") {
  const TemporaryDirectory directory;
  for (const OpenMode mode : {OpenMode::create, OpenMode::read_write, OpenMode::read_only}) {
    {
      const auto connection = open_sqlite(directory.file("ca.db"), mode, k_timeout);
      if (mode == OpenMode::create) fill(*connection);
      CHECK(number(*connection, "SELECT count(*) FROM t") == 1);
    }
    CHECK(fs::exists(directory.file("ca.db")));
    CHECK_FALSE(fs::exists(directory.file("ca.db-wal")));
    CHECK_FALSE(fs::exists(directory.file("ca.db-shm")));
  }
}

TEST_CASE("a symbolic link planted at the name is not followed when a database is made") {
  const TemporaryDirectory directory;
  const std::string target = directory.file("target");
  fs::create_symlink(target, directory.file("dangling"));
  CHECK(db_code_of([&] {
          return open_sqlite(directory.file("dangling"), OpenMode::create, k_timeout);
        }) == DbErrc::unavailable);
  CHECK_FALSE(fs::exists(target));

  directory.write("target", "");
  fs::create_symlink(target, directory.file("link"));
  CHECK(db_code_of([&] {
          return open_sqlite(directory.file("link"), OpenMode::create, k_timeout);
        }) == DbErrc::unavailable);
  CHECK(directory.read("target").empty());
}

TEST_CASE("a file with two names is not opened by either, since each would be a database") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("ca.db");
  fill(*open_sqlite(file, OpenMode::create, k_timeout));
  fs::create_hard_link(file, directory.file("other.db"));
  for (const char* name : {"ca.db", "other.db"}) {
    for (const OpenMode mode : {OpenMode::create, OpenMode::read_write, OpenMode::read_only}) {
      CHECK(db_code_of([&] { return open_sqlite(directory.file(name), mode, k_timeout); }) ==
            DbErrc::unavailable);
    }
  }
  fs::remove(directory.file("other.db"));
  CHECK(number(*open_sqlite(file, OpenMode::read_only, k_timeout), "SELECT count(*) FROM t") == 1);
}

TEST_CASE("a file that is mounted by itself is not opened") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("ca.db");
  fill(*open_sqlite(file, OpenMode::create, k_timeout));
  directory.write("mounted.db", "");
  const std::string mounted = directory.file("mounted.db");
  const int result = run_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(file.c_str(), mounted.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      ::_exit(77);
    }
    if (db_code_of([&] { return open_sqlite(mounted, OpenMode::read_only, k_timeout); }) !=
        DbErrc::unavailable) {
      ::_exit(2);
    }
  });
  if (result == 77) {
    MESSAGE("nothing can be mounted here: not tried");
  } else {
    CHECK(result == 0);
  }
}

TEST_CASE("a name is a name, whatever characters it holds") {
  for (const char* name :
       {"with space", "a'b\"c", "k=v", "what?mode=memory", "50%20off", "%00", "#1",
        ":memory:", "file:x?mode=memory", "new\nline", "-x", "~", "\xc3\xbc"}) {
    CAPTURE(name);
    const TemporaryDirectory directory;
    const auto before = fs::current_path();
    fs::current_path(directory.path());
    fill(*open_sqlite(name, OpenMode::create, k_timeout));
    fs::current_path(before);
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory.path())) {
      names.push_back(entry.path().filename().string());
    }
    CHECK(names == std::vector<std::string>{name});
    const auto again = open_sqlite(directory.path() / name, OpenMode::read_only, k_timeout);
    CHECK(number(*again, "SELECT count(*) FROM t") == 1);
  }
}

TEST_CASE("a name that is none is refused") {
  CHECK(db_code_of([&] { return open_sqlite("", OpenMode::create, k_timeout); }) ==
        DbErrc::unavailable);
  CHECK(db_code_of([&] {
          return open_sqlite(std::string("a\0b", 3), OpenMode::create, k_timeout);
        }) == DbErrc::unavailable);
}

TEST_CASE("what is absent, a directory or a FIFO is unavailable, at once") {
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo(directory.file("fifo").c_str(), 0600) == 0);
  for (const OpenMode mode : {OpenMode::read_write, OpenMode::read_only}) {
    for (const char* name : {"absent", "", "fifo", "no/such/directory"}) {
      CAPTURE(name);
      CHECK(db_code_of([&] { return open_sqlite(directory.path() / name, mode, k_timeout); }) ==
            DbErrc::unavailable);
    }
  }
  CHECK_FALSE(fs::exists(directory.file("absent")));
}

TEST_CASE("a second writer waits and then is told that it is busy") {
  const SqliteOnDisk engine;
  fill(*engine.connection);
  const auto second = engine.open(OpenMode::read_write, milliseconds(50));
  const Transaction holder(*engine.connection, Kind::writing);
  const auto begun = std::chrono::steady_clock::now();
  CHECK(db_code_of([&] { const Transaction transaction(*second, Kind::writing); }) == DbErrc::busy);
  const auto waited = std::chrono::steady_clock::now() - begun;
  CHECK(waited >= milliseconds(50));
  CHECK(waited < seconds(5));
  // A reader is not in anybody's way.
  CHECK(number(*second, "SELECT count(*) FROM t") == 1);
}

TEST_CASE("a lost snapshot is busy and not an error of another kind") {
  const SqliteOnDisk engine;
  fill(*engine.connection);
  const auto second = engine.open(OpenMode::read_write, milliseconds(20));
  const Transaction snapshot(*second, Kind::reading);
  CHECK(number(*second, "SELECT count(*) FROM t") == 1);
  engine.connection->execute("INSERT INTO t VALUES (2, 'two')");
  CHECK(db_code_of([&] { second->execute("INSERT INTO t VALUES (3, 'three')"); }) == DbErrc::busy);
}

TEST_CASE("a database that may not grow is full") {
  const SqliteOnDisk engine;
  fill(*engine.connection);
  // The pragma answers with a row.
  while (engine.connection->prepare("PRAGMA max_page_count=4")->step()) break;
  const auto insertion = engine.connection->prepare("INSERT INTO t VALUES (:a, :b)");
  insertion->bind("a", 2).bind("b", std::string(100'000, 'x'));
  CHECK(db_code_of([&] { insertion->run(); }) == DbErrc::full);
  CHECK(number(*engine.connection, "SELECT count(*) FROM t") == 1);
}

struct FaultRow {
  SystemCallFault::Call call;
  int error_number;
  DbErrc kind;
};

TEST_CASE("a write or fsync that fails is told by its cause, and the change is gone") {
  const SqliteOnDisk engine;
  fill(*engine.connection);
  for (const auto& [call, number_of_error, kind] :
       {FaultRow{SystemCallFault::Call::write, ENOSPC, DbErrc::full},
        FaultRow{SystemCallFault::Call::write, EDQUOT, DbErrc::full},
        FaultRow{SystemCallFault::Call::write, EFBIG, DbErrc::full},
        FaultRow{SystemCallFault::Call::write, EIO, DbErrc::unavailable},
        FaultRow{SystemCallFault::Call::sync, EIO, DbErrc::unavailable}}) {
    const int error_number = number_of_error;
    CAPTURE(error_number);
    {
      const SystemCallFault fault(call, error_number);
      const auto work = [&] {
        Transaction transaction(*engine.connection, Kind::writing);
        engine.connection->execute("INSERT INTO t VALUES (2, 'two')");
        transaction.commit();
      };
      CHECK(db_code_of(work) == kind);
      CHECK(fault.strikes() > 0);
    }
    CHECK(number(*engine.connection, "SELECT count(*) FROM t") == 1);
  }
  // The disk is well again, and so is the ledger.
  engine.connection->execute("INSERT INTO t VALUES (3, 'three')");
  CHECK(number(*engine.open(OpenMode::read_only), "SELECT count(*) FROM t") == 2);
}

TEST_CASE("a full disk at the first writing of a new file is full") {
  const TemporaryDirectory directory;
  const SystemCallFault fault(SystemCallFault::Call::write, ENOSPC);
  CHECK(db_code_of([&] {
          return open_sqlite(directory.file("ca.db"), OpenMode::create, k_timeout);
        }) == DbErrc::full);
  CHECK(fault.strikes() > 0);
}

TEST_CASE("a file that cannot be opened is told by its cause") {
  const SqliteOnDisk engine;
  for (const auto& [error_number, kind] :
       {std::pair(EACCES, DbErrc::readonly), std::pair(EMFILE, DbErrc::unavailable)}) {
    const SystemCallFault fault(SystemCallFault::Call::open, error_number);
    CHECK(db_code_of([&] { return engine.open(OpenMode::read_write); }) == kind);
    CHECK(fault.strikes() > 0);
  }
}

TEST_CASE("what is no database is corrupt") {
  const TemporaryDirectory directory;
  const std::string garbage = directory.write("garbage", std::string(4096, 'x'));
  for (const OpenMode mode : {OpenMode::read_write, OpenMode::read_only}) {
    CHECK(db_code_of([&] { return open_sqlite(garbage, mode, k_timeout)->tables(); }) ==
          DbErrc::corrupt);
  }
  CHECK(directory.read("garbage") == std::string(4096, 'x'));
}

TEST_CASE("a database with a broken page is corrupt") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("ca.db");
  fill(*open_sqlite(file, OpenMode::create, k_timeout));
  std::string octets = directory.read("ca.db");
  REQUIRE(octets.size() > 4096);
  octets.replace(4096, 100, 100, '\xff');
  directory.write("ca.db", octets);
  const auto connection = open_sqlite(file, OpenMode::read_write, k_timeout);
  CHECK(db_code_of([&] { static_cast<void>(number(*connection, "SELECT max(b) FROM t")); }) ==
        DbErrc::corrupt);
}

TEST_CASE("tables that are not there are damage") {
  const SqliteOnDisk engine;
  fill(*engine.connection);
  for (const char* sql :
       {"SELECT a FROM nowhere", "SELECT z FROM t", "INSERT INTO t (z) VALUES (1)"}) {
    CHECK(db_code_of([&] { return engine.connection->prepare(sql); }) == DbErrc::corrupt);
  }
  CHECK(db_code_of([&] { return engine.connection->prepare("SELEC 1"); }) == DbErrc::other);
}

TEST_CASE("a read-only connection changes nothing") {
  const SqliteOnDisk engine;
  fill(*engine.connection);
  const auto reader = engine.open(OpenMode::read_only);
  CHECK(number(*reader, "SELECT count(*) FROM t") == 1);
  CHECK(db_code_of([&] { reader->execute("INSERT INTO t VALUES (2, 'two')"); }) ==
        DbErrc::readonly);
  CHECK(db_code_of([&] { reader->execute("CREATE TABLE u (a bigint)"); }) == DbErrc::readonly);
}

TEST_CASE("a file that may only be read is readonly for a writer") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("ca.db");
  fill(*open_sqlite(file, OpenMode::create, k_timeout));
  fs::permissions(directory.path(), fs::perms(0777));
  fs::permissions(file, fs::perms(0444));
  CHECK(run_child([&] {
          become_nobody();
          expect(db_code_of([&] { return open_sqlite(file, OpenMode::read_write, k_timeout); }) ==
                     DbErrc::readonly,
                 "opened for writing");
          const auto reader = open_sqlite(file, OpenMode::read_only, k_timeout);
          expect(number(*reader, "SELECT count(*) FROM t") == 1, "not read");
        }) == 0);
}

TEST_CASE("a directory that may not be written is told as such") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("ca.db");
  fill(*open_sqlite(file, OpenMode::create, k_timeout));
  fs::permissions(file, fs::perms(0644));
  fs::permissions(directory.path(), fs::perms(0555));
  CHECK(run_child([&] {
          become_nobody();
          for (const OpenMode mode : {OpenMode::read_write, OpenMode::read_only}) {
            expect(db_code_of([&] { return open_sqlite(file, mode, k_timeout)->tables(); }) ==
                       DbErrc::readonly,
                   "another kind of failure, or none");
          }
        }) == 0);
  fs::permissions(directory.path(), fs::perms(0755));
}

TEST_CASE("a directory that may not be written can be read while a writer is there") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("ca.db");
  const auto writer = open_sqlite(file, OpenMode::create, k_timeout);
  fill(*writer);
  for (const char* name : {"ca.db", "ca.db-wal", "ca.db-shm"}) {
    fs::permissions(directory.file(name), fs::perms(0644));
  }
  fs::permissions(directory.path(), fs::perms(0555));
  CHECK(run_child([&] {
          become_nobody();
          const auto reader = open_sqlite(file, OpenMode::read_only, k_timeout);
          expect(number(*reader, "SELECT count(*) FROM t") == 1, "not read");
        }) == 0);
  fs::permissions(directory.path(), fs::perms(0755));
}

TEST_CASE("a hostile file brings no code along") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("ca.db");
  fill(*open_sqlite(file, OpenMode::create, k_timeout));
  {
    sqlite3* plain = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &plain) == SQLITE_OK);
    CHECK(sqlite3_exec(plain,
                       "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM t WHERE a = 1; END;"
                       "CREATE VIEW v AS SELECT * FROM t;",
                       nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(plain);
  }
  const auto connection = open_sqlite(file, OpenMode::read_write, k_timeout);
  connection->execute("INSERT INTO t VALUES (2, 'two')");
  CHECK(number(*connection, "SELECT count(*) FROM t") == 2);
  CHECK(db_code_of([&] { return connection->prepare("SELECT a FROM v"); }).has_value());
}

TEST_CASE("what a killed writer left is recovered by the next one") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("ca.db");
  CHECK(run_child([&] {
          const auto connection = open_sqlite(file, OpenMode::create, k_timeout);
          fill(*connection);
          connection->begin_writing();
          connection->execute("INSERT INTO t VALUES (2, 'not committed')");
          ::kill(::getpid(), SIGKILL);
        }) == 128 + SIGKILL);
  REQUIRE(fs::exists(directory.file("ca.db-wal")));
  const auto reader = open_sqlite(file, OpenMode::read_only, k_timeout);
  CHECK(number(*reader, "SELECT count(*) FROM t") == 1);
}

}  // namespace
}  // namespace mtls::store::test
