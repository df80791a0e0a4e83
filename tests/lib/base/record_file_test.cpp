#include "base/record_file.hpp"

#include "base/error.hpp"
#include "base/timed_lock.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown.hpp"
#include "support/umask.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

namespace mtls {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::code_of;
using test::TemporaryDirectory;

struct Fixture {
  TemporaryDirectory scratch;
  Directory directory = Directory::open(scratch.path());

  void change(std::string_view to) const {
    change_record_file(directory, "record", [to](std::string_view) { return std::string(to); });
  }
  [[nodiscard]] Fd open() const {
    return Fd(::open(scratch.file("record").c_str(), O_RDWR | O_CLOEXEC));
  }
};

TEST_CASE("a record is made, changed where it stands, and read") {
  const Fixture fixture;
  CHECK(!read_record_file(fixture.directory, "record"));
  fixture.change("first");
  CHECK(test::mode_of(fixture.scratch.file("record").c_str()) == 0600);
  const fs::path name = fixture.scratch.file("record");
  struct stat before {};
  REQUIRE(::stat(name.c_str(), &before) == 0);
  fixture.change("later");
  struct stat after {};
  REQUIRE(::stat(name.c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  CHECK(read_record_file(fixture.directory, "record")->record == "later");
}

TEST_CASE("what is no record has a flaw, and is replaced") {
  const Fixture fixture;
  const std::string name = fixture.scratch.file("record");
  SUBCASE("a pipe, without waiting for who writes to it") {
    REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
    CHECK(code_of([&] { fixture.change("x"); }) == Errc::io);
  }
  SUBCASE("a symbolic link, which is not followed") {
    static_cast<void>(fixture.scratch.write("elsewhere", "precious"));
    fs::create_symlink("elsewhere", name);
    CHECK(code_of([&] { fixture.change("x"); }) == Errc::io);
  }
  SUBCASE("one that is too large") {
    static_cast<void>(fixture.scratch.write("record", std::string(k_record_limit + 1, 'x')));
  }
  const auto read = read_record_file(fixture.directory, "record");
  REQUIRE(read);
  CHECK(read->record.empty());
  CHECK(!read->flaw.empty());
  replace_record_file(fixture.directory, "record", "sound");
  CHECK(read_record_file(fixture.directory, "record")->record == "sound");
  if (fs::exists(fixture.scratch.file("elsewhere"))) {
    CHECK(fixture.scratch.read("elsewhere") == "precious");
  }
}

TEST_CASE("a directory of its name is not replaced") {
  const Fixture fixture;
  fs::create_directory(fixture.scratch.file("record"));
  CHECK(!read_record_file(fixture.directory, "record")->flaw.empty());
  CHECK(code_of([&] { replace_record_file(fixture.directory, "record", "x"); }) == Errc::io);
  CHECK(fixture.directory.list().size() == 1);
}

TEST_CASE("whether it can be replaced is known before") {
  const Fixture fixture;
  const auto ask = [&] {
    return code_of([&] { require_replaceable_record_file(fixture.directory, "record", 5); });
  };
  CHECK(!ask());
  CHECK(fixture.directory.list().empty());
  fixture.change("first");
  CHECK(!ask());
  CHECK(fixture.scratch.read("record") == "first");
  fs::remove(fixture.scratch.file("record"));
  fs::create_directory(fixture.scratch.file("record"));
  CHECK(ask() == Errc::io);
  CHECK(fixture.directory.list().size() == 1);
  const Fixture absent;
  fs::remove(absent.scratch.path());
  CHECK(code_of([&] { require_replaceable_record_file(absent.directory, "record", 5); }) ==
        Errc::io);
}

TEST_CASE("trying changes only what stands and is free") {
  const Fixture fixture;
  const auto attempt = [&] {
    return try_change_record_file(fixture.directory, "record",
                                  [](std::string_view) { return std::string("later"); });
  };
  CHECK(!attempt());
  CHECK(!fixture.directory.contains("record"));
  fixture.change("first");
  {
    const Fd other = fixture.open();
    REQUIRE(lock_within(other.get(), LockKind::shared, milliseconds(0)) == 0);
    CHECK(!attempt());
    CHECK(fixture.scratch.read("record") == "first");
  }
  CHECK(attempt());
  CHECK(fixture.scratch.read("record") == "later");
}

TEST_CASE("a reader waits while a record is changed, and not for ever") {
  const Fixture fixture;
  fixture.change("first");
  const Fd other = fixture.open();
  REQUIRE(lock_within(other.get(), LockKind::exclusive, milliseconds(0)) == 0);
  CHECK(code_of([&] { static_cast<void>(read_record_file(fixture.directory, "record")); }) ==
        Errc::ledger_locked);
}

TEST_CASE("a record that is replaced while somebody waits for it is the one that is read") {
  const Fixture fixture;
  fixture.change("first");
  Fd other = fixture.open();
  REQUIRE(lock_within(other.get(), LockKind::exclusive, milliseconds(0)) == 0);
  std::string seen;
  std::thread reader([&] { seen = read_record_file(fixture.directory, "record")->record; });
  std::this_thread::sleep_for(milliseconds(50));  // whether it waits by then or not: the same
  replace_record_file(fixture.directory, "record", "other");
  static_cast<void>(other.close());
  reader.join();
  CHECK(seen == "other");
}

TEST_CASE("a reader sees a whole record, whoever writes meanwhile") {
  const Fixture fixture;
  const std::string one(139, 'a');
  const std::string two(139, 'b');
  fixture.change(one);
  std::atomic<bool> over = false;
  std::thread writer([&] {
    while (!over) {
      fixture.change(two);
      fixture.change(one);
    }
  });
  int torn = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string record = read_record_file(fixture.directory, "record")->record;
    if (record != one && record != two) ++torn;
  }
  over = true;
  writer.join();
  CHECK(torn == 0);
}

TEST_CASE("a lock is waited for as long as is said, and no longer") {
  const Fixture fixture;
  fixture.change("first");
  const Fd holder = fixture.open();
  const Fd waiter = fixture.open();
  REQUIRE(lock_within(holder.get(), LockKind::exclusive, milliseconds(0)) == 0);
  CHECK(lock_within(waiter.get(), LockKind::shared, milliseconds(0)) == EWOULDBLOCK);
  const auto start = std::chrono::steady_clock::now();
  CHECK(lock_within(waiter.get(), LockKind::exclusive, milliseconds(60)) == EWOULDBLOCK);
  const auto waited = std::chrono::steady_clock::now() - start;
  CHECK(waited >= milliseconds(60));
  CHECK(waited < milliseconds(5000));
  CHECK(lock_within(-1, LockKind::shared, milliseconds(0)) == EBADF);
}

TEST_CASE("a lock that is given back is taken at once") {
  const Fixture fixture;
  fixture.change("first");
  Fd holder = fixture.open();
  const Fd waiter = fixture.open();
  REQUIRE(lock_within(holder.get(), LockKind::exclusive, milliseconds(0)) == 0);
  std::thread giver([&] {
    std::this_thread::sleep_for(milliseconds(30));
    static_cast<void>(holder.close());
  });
  CHECK(lock_within(waiter.get(), LockKind::exclusive, milliseconds(10'000)) == 0);
  giver.join();
}

}  // namespace
}  // namespace mtls
