#include "base/held_file.hpp"

#include "base/error.hpp"
#include "base/file_beginning.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mtls::test {
namespace {

/// Whether another process sees a lock on the file.
bool is_locked(const Path& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Fd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    ::_exit(::fcntl(fd.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

TEST_CASE("a file that is held under locks is opened by nothing else here") {
  const TemporaryDirectory directory;
  directory.write("ledger", "content");
  directory.write("ledger-wal", "content");
  const Path file = directory.path() / "ledger";
  const Path link = directory.path() / "other.crt";
  std::filesystem::create_hard_link(file, link);
  const Fd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  REQUIRE(::fcntl(fd.get(), F_SETLK, &lock) == 0);
  CHECK_FALSE(is_held(file));
  {
    const HeldFile held(file);
    for (const Path& name : {file, link, directory.path() / "ledger-wal"}) {
      CHECK(is_held(name));
      CHECK_THROWS_AS(static_cast<void>(read_file(name)), Error);
      CHECK_FALSE(read_beginning(name, 4));
    }
    CHECK_FALSE(is_held(directory.path() / "absent"));
    CHECK(is_locked(file));
  }
  CHECK_FALSE(is_held(file));
  CHECK(read_beginning(file, 4) == "cont");
  CHECK_FALSE(is_locked(file));  // which is what it is for
}

}  // namespace
}  // namespace mtls::test
