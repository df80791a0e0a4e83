// base/file.hpp: Directory, its lock and its leftovers.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/stale_databases.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown.hpp"
#include "support/umask.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>

namespace mtls {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::code_of;
using test::mode_of;
using test::TemporaryDirectory;

/// Another process that holds the lock of a directory until it is told to end.
class LockHolder final {
 public:
  explicit LockHolder(const fs::path& directory) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const Fd ready(ends[0]);
    Fd announce(ends[1]);
    m_pid = ::fork();
    if (m_pid == 0) hold(directory, announce.get());
    announce.close();
    char octet = 0;
    REQUIRE(::read(ready.get(), &octet, 1) == 1);
  }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;
  ~LockHolder() { kill(); }

  void kill() {
    if (m_pid <= 0) return;
    ::kill(m_pid, SIGKILL);
    ::waitpid(m_pid, nullptr, 0);
    m_pid = -1;
  }

 private:
  [[noreturn]] static void hold(const fs::path& path, int announce) {
    try {
      Directory directory = Directory::open(path);
      directory.lock(milliseconds(0));
      if (::write(announce, "x", 1) == 1) ::pause();
    } catch (const Error&) {
    }
    ::_exit(1);
  }
  pid_t m_pid = -1;
};

}  // namespace

TEST_CASE("makes a directory and its parents for the user alone") {
  const TemporaryDirectory scratch;
  const test::Umask mask(0);
  const Directory made = Directory::make(scratch.path() / "a" / "b" / "ca");
  CHECK(made.path() == scratch.path() / "a" / "b" / "ca");
  for (const char* name : {"a", "a/b", "a/b/ca"}) {
    CHECK(mode_of(scratch.file(name).c_str()) == 0700);
  }
}

TEST_CASE("makes what is there already without touching it") {
  const TemporaryDirectory scratch;
  scratch.write("kept", "x");
  REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
  const Directory same = Directory::make(scratch.path());
  CHECK(mode_of(scratch.path().c_str()) == 0755);
  CHECK(same.contains("kept"));
  CHECK(Directory::make(scratch.file("new/")).fd() >= 0);
  CHECK(fs::is_directory(scratch.file("new")));
}

TEST_CASE("makes no directory below a file or a dangling link") {
  const TemporaryDirectory scratch;
  scratch.write("file", "x");
  fs::create_symlink("absent", scratch.file("dangling"));
  const auto making = [&scratch](const char* name) {
    return code_of([&] { static_cast<void>(Directory::make(scratch.file(name))); });
  };
  CHECK(making("file") == Errc::unreadable_file);
  CHECK(making("file/below") == Errc::io);
  CHECK(making("dangling") == Errc::unreadable_file);
  CHECK(making("dangling/below/further") == Errc::unreadable_file);
  CHECK(code_of([] { static_cast<void>(Directory::make("")); }) == Errc::io);
}

TEST_CASE("a umask that takes the owner's bits does not shut a new directory") {
  const TemporaryDirectory scratch;
  const test::Umask mask(0777);
  CHECK(Directory::make(scratch.path() / "a" / "b").fd() >= 0);
  for (const char* name : {"a", "a/b"}) CHECK(mode_of(scratch.file(name).c_str()) == 0700);
}

TEST_CASE("gives up where a parent stands and takes no new names") {
  for (const char* name : {"/proc/absent", "/proc/absent/below", "/dev/fd/absent/below"}) {
    CHECK(code_of([name] { static_cast<void>(Directory::make(name)); }) == Errc::io);
  }
}

TEST_CASE("opens directories only") {
  const TemporaryDirectory scratch;
  const std::string file = scratch.write("file", "x");
  CHECK(code_of([&] { static_cast<void>(Directory::open(file)); }) == Errc::unreadable_file);
  CHECK(code_of([&] { static_cast<void>(Directory::open(scratch.file("absent"))); }) ==
        Errc::unreadable_file);
}

TEST_CASE("names are resolved in the directory that was opened, not in one put in its place") {
  const TemporaryDirectory scratch;
  fs::create_directory(scratch.file("ca"));
  scratch.write("ca/key", "own");
  const Directory directory = Directory::open(scratch.file("ca"));
  fs::rename(scratch.file("ca"), scratch.file("moved"));
  fs::create_directory(scratch.file("ca"));
  scratch.write("ca/key", "planted");
  CHECK(as_text(directory.read("key").bytes.view()) == "own");
  PendingFile pending(directory, "new", Access::shared);
  pending.publish(Overwrite::no);
  CHECK(fs::exists(scratch.file("moved/new")));
  CHECK_FALSE(fs::exists(scratch.file("ca/new")));
}

TEST_CASE("reads, renames and removes by name") {
  const TemporaryDirectory scratch;
  scratch.write("a", "content");
  scratch.write("b", "other");
  const Directory directory = Directory::open(scratch.path());
  CHECK(code_of([&] { static_cast<void>(directory.read("a", 3)); }) == Errc::too_large);
  CHECK(code_of([&] { static_cast<void>(directory.read("absent")); }) == Errc::unreadable_file);
  directory.rename("a", "b");
  CHECK(scratch.read("b") == "content");
  CHECK_FALSE(directory.contains("a"));
  CHECK(code_of([&] { directory.rename("absent", "b"); }) == Errc::io);
  directory.remove("b");
  directory.remove("b");
  CHECK(fs::is_empty(scratch.path()));
  directory.sync();
}

TEST_CASE("contains sees a dangling link") {
  const TemporaryDirectory scratch;
  fs::create_symlink("absent", scratch.file("dangling"));
  CHECK(Directory::open(scratch.path()).contains("dangling"));
}

TEST_CASE("a lock that another process holds is waited for until the timeout") {
  const TemporaryDirectory scratch;
  LockHolder other(scratch.path());
  Directory directory = Directory::open(scratch.path());
  const SystemClock clock;
  CHECK(code_of([&] { directory.lock(milliseconds(0)); }) == Errc::ledger_locked);
  const auto start = clock.monotonic();
  CHECK(code_of([&] { directory.lock(milliseconds(40)); }) == Errc::ledger_locked);
  CHECK(clock.monotonic() - start >= milliseconds(40));
}

TEST_CASE("the lock of a process that was killed is free") {
  const TemporaryDirectory scratch;
  LockHolder other(scratch.path());
  other.kill();
  Directory directory = Directory::open(scratch.path());
  CHECK(code_of([&] { directory.lock(milliseconds(0)); }) == std::nullopt);
}

TEST_CASE("a lock ends with its object") {
  const TemporaryDirectory scratch;
  const SystemClock clock;
  Directory second = Directory::open(scratch.path());
  {
    Directory first = Directory::open(scratch.path());
    first.lock(milliseconds(0));
    CHECK(code_of([&] { second.lock(milliseconds(0)); }) == Errc::ledger_locked);
  }
  CHECK(code_of([&] { second.lock(milliseconds(0)); }) == std::nullopt);
}

TEST_CASE("what a killed run left is removed, and nothing else") {
  const TemporaryDirectory scratch;
  for (const char* kept : {"a", ".a", ".a.tmp-", ".a.tmp-0123", ".a.tmp-0123456789abcdeg",
                           ".a.tmp-0123456789abcdef0", ".a.tmp-01:23:45:67:89:ab:cd:ef",
                           ".b.tmp-0123456789abcdef", ".a.tmp-b.tmp-0123456789abcdef"}) {
    scratch.write(kept, "x");
  }
  const Directory directory = Directory::open(scratch.path());
  const auto before = std::distance(fs::directory_iterator(scratch.path()), {});
  // A process that dies between the two leaves its temporary file.
  const pid_t child = ::fork();
  if (child == 0) {
    const PendingFile pending(directory, "a", Access::secret);
    ::_exit(0);
  }
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(std::distance(fs::directory_iterator(scratch.path()), {}) == before + 1);
  directory.remove_stale("a");
  CHECK(std::distance(fs::directory_iterator(scratch.path()), {}) == before);
  directory.remove_stale("b");
  CHECK_FALSE(directory.contains(".b.tmp-0123456789abcdef"));
  CHECK(directory.contains(".a.tmp-b.tmp-0123456789abcdef"));
}

TEST_CASE("databases that killed runs left are removed whatever their names, and nothing else") {
  const std::string database("SQLite format 3\0\1", 17);
  const TemporaryDirectory scratch;
  const auto write = [&](const char* name, const std::string& text, unsigned mode) {
    scratch.write(name, text);
    fs::permissions(scratch.path() / name, fs::perms(mode));
  };
  for (const char* stale : {".a.tmp-0123456789abcdef", ".x.db.tmp-0123456789abcdef"}) {
    write(stale, database, 0600);
  }
  write(".a.tmp-0123456789abcdef-wal", "x", 0600);
  write(".empty.tmp-0123456789abcdef", "", 0600);
  for (const char* kept : {"a", ".a.tmp-0123", ".a.tmp-0123456789abcdeg", "..tmp-0123456789abcdef",
                           ".tmp-0123456789abcdef", "b.tmp-0123456789abcdef", "a-wal"}) {
    write(kept, database, 0600);
  }
  write(".text.tmp-0123456789abcdef", "SQLite format 4", 0600);
  write(".text.tmp-0123456789abcdef-wal", "x", 0600);
  write(".shared.tmp-0123456789abcdef", database, 0644);
  fs::create_directory(scratch.path() / ".d.tmp-0123456789abcdef");
  fs::create_symlink("a", scratch.path() / ".link.tmp-0123456789abcdef");
  const Directory directory = Directory::open(scratch.path());
  const PendingFile living(directory, "living.db", Access::secret);
  const auto before = std::distance(fs::directory_iterator(scratch.path()), {});
  remove_stale_databases(directory);
  CHECK(std::distance(fs::directory_iterator(scratch.path()), {}) == before - 4);
  for (const char* gone : {".a.tmp-0123456789abcdef", ".a.tmp-0123456789abcdef-wal",
                           ".x.db.tmp-0123456789abcdef", ".empty.tmp-0123456789abcdef"}) {
    CHECK_FALSE(directory.contains(gone));
  }
  CHECK(directory.contains(living.temporary()));
}

TEST_CASE("what a living process writes is not taken for something left behind") {
  const TemporaryDirectory scratch;
  const Directory directory = Directory::open(scratch.path());
  PendingFile pending(directory, "a", Access::secret);
  const Directory other = Directory::open(scratch.path());
  other.remove_stale("a");
  pending.write(as_bytes("x"));
  other.remove_stale("a");
  pending.publish(Overwrite::no);
  other.remove_stale("a");
  CHECK(scratch.read("a") == "x");
}

TEST_CASE("a descriptor is closed once, and can be given away") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  CHECK(write_end.close() == 0);
  CHECK(write_end.close() == 0);
  CHECK_FALSE(write_end.valid());
  Fd moved(std::move(read_end));
  CHECK_FALSE(read_end.valid());  // NOLINT(bugprone-use-after-move): the point
  const int given = moved.release();
  CHECK_FALSE(moved.valid());
  CHECK(::fcntl(given, F_GETFD) >= 0);
  CHECK(Fd(given).close() == 0);
}

}  // namespace mtls
