// base/file.hpp: writing that leaves the old file or the new one.
#include "base/file.hpp"
#include "base/format.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown.hpp"
#include "support/umask.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <set>

namespace mtls {
namespace {

namespace fs = std::filesystem;
using test::code_of;
using test::mode_of;
using test::TemporaryDirectory;
using test::Umask;

std::set<std::string> names_in(const fs::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) names.insert(entry.path().filename());
  return names;
}

void write(const std::string& path, std::string_view content, Overwrite overwrite = Overwrite::no,
           Access access = Access::shared) {
  write_file(path, as_bytes(content), access, overwrite);
}

/// Files cannot grow past `octets` while it lives: write(2) fails with EFBIG.
class FileSizeLimit final {
 public:
  explicit FileSizeLimit(rlim_t octets) : m_handler(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &m_before) == 0);
    const rlimit lower{.rlim_cur = octets, .rlim_max = m_before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &lower) == 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &m_before);
    static_cast<void>(std::signal(SIGXFSZ, m_handler));
  }

 private:
  rlimit m_before{};
  void (*m_handler)(int);
};

class WorkingDirectory final {
 public:
  explicit WorkingDirectory(const fs::path& to) : m_before(fs::current_path()) {
    fs::current_path(to);
  }
  WorkingDirectory(const WorkingDirectory&) = delete;
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;
  ~WorkingDirectory() { fs::current_path(m_before); }

 private:
  fs::path m_before;
};

}  // namespace

TEST_CASE("writes a new file and leaves nothing else") {
  const TemporaryDirectory scratch;
  write(scratch.file("a"), "content");
  CHECK(scratch.read("a") == "content");
  write(scratch.file("empty"), "");
  CHECK(scratch.read("empty").empty());
  CHECK(names_in(scratch.path()) == std::set<std::string>{"a", "empty"});
}

TEST_CASE("writes beside a bare name") {
  const TemporaryDirectory scratch;
  const WorkingDirectory here(scratch.path());
  write("bare", "content");
  CHECK(scratch.read("bare") == "content");
}

TEST_CASE("overwrites only when told to") {
  const TemporaryDirectory scratch;
  const std::string path = scratch.write("a", "old");
  CHECK(code_of([&] { write(path, "new"); }) == Errc::would_overwrite);
  CHECK(scratch.read("a") == "old");
  write(path, "new", Overwrite::yes);
  CHECK(scratch.read("a") == "new");
  CHECK(names_in(scratch.path()) == std::set<std::string>{"a"});
}

TEST_CASE("a file that appears between the look and the rename is not overwritten") {
  const TemporaryDirectory scratch;
  const Directory directory = Directory::open(scratch.path());
  PendingFile first(directory, "a", Access::shared);
  PendingFile second(directory, "a", Access::shared);
  first.write(as_bytes("first"));
  second.write(as_bytes("second"));
  first.publish(Overwrite::no);
  CHECK(code_of([&] { second.publish(Overwrite::no); }) == Errc::would_overwrite);
  CHECK(scratch.read("a") == "first");
}

TEST_CASE("an unpublished file leaves no trace") {
  const TemporaryDirectory scratch;
  const Directory directory = Directory::open(scratch.path());
  {
    PendingFile pending(directory, "key", Access::secret);
    pending.write(as_bytes("secret"));
    pending.sync();
    CHECK(names_in(scratch.path()).size() == 1);
    CHECK_FALSE(directory.contains("key"));
  }
  CHECK(names_in(scratch.path()).empty());
}

TEST_CASE("a secret is 0600 from its creation, whatever the umask") {
  for (const mode_t mask : {0000U, 0022U, 0077U, 0777U}) {
    CAPTURE(mask);
    const Umask umask(mask);
    const TemporaryDirectory scratch;
    const Directory directory = Directory::open(scratch.path());
    PendingFile pending(directory, "key", Access::secret);
    const auto names = names_in(scratch.path());
    REQUIRE(names.size() == 1);
    CHECK(mode_of(scratch.file(*names.begin()).c_str()) == 0600);
    pending.publish(Overwrite::no);
    CHECK(mode_of(scratch.file("key").c_str()) == 0600);
  }
}

TEST_CASE("a secret replaces an open file by a closed one") {
  const TemporaryDirectory scratch;
  const std::string path = scratch.write("key", "old");
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  write(path, "new", Overwrite::yes, Access::secret);
  CHECK(mode_of(path.c_str()) == 0600);
}

TEST_CASE("a shared file follows the umask, but its owner can always use it") {
  const auto mode_under = [](mode_t mask) {
    const TemporaryDirectory scratch;
    const Umask umask(mask);
    write(scratch.file("a"), "x");
    return mode_of(scratch.file("a").c_str());
  };
  CHECK(mode_under(0000) == 0666);
  CHECK(mode_under(0022) == 0644);
  CHECK(mode_under(0077) == 0600);
  CHECK(mode_under(0777) == 0600);
}

TEST_CASE("a link to a file is replaced, its target left alone") {
  const TemporaryDirectory scratch;
  scratch.write("target", "precious");
  fs::create_symlink("target", scratch.file("link"));
  CHECK(code_of([&] { write(scratch.file("link"), "new"); }) == Errc::would_overwrite);
  write(scratch.file("link"), "new", Overwrite::yes);
  CHECK_FALSE(fs::is_symlink(scratch.file("link")));
  CHECK(scratch.read("link") == "new");
  CHECK(scratch.read("target") == "precious");
}

TEST_CASE("a dangling link counts as existing and does not lead anywhere") {
  const TemporaryDirectory scratch;
  fs::create_symlink("elsewhere", scratch.file("link"));
  CHECK(code_of([&] { write(scratch.file("link"), "new"); }) == Errc::would_overwrite);
  CHECK(fs::is_symlink(scratch.file("link")));
  write(scratch.file("link"), "new", Overwrite::yes);
  CHECK(scratch.read("link") == "new");
  CHECK_FALSE(fs::exists(scratch.file("elsewhere")));
}

TEST_CASE("a failing write leaves the old file byte-identical and no temporary file") {
  const TemporaryDirectory scratch;
  const std::string path = scratch.write("key", "old content");
  {
    const FileSizeLimit limit(4096);
    CHECK(code_of([&] { write(path, std::string(10'000, 'n'), Overwrite::yes, Access::secret); }) ==
          Errc::disk_full);
  }
  CHECK(scratch.read("key") == "old content");
  CHECK(names_in(scratch.path()) == std::set<std::string>{"key"});
}

TEST_CASE("a name that cannot be a file's is refused") {
  const TemporaryDirectory scratch;
  fs::create_directory(scratch.file("folder"));
  CHECK(code_of([&] { write(scratch.file("folder"), "x", Overwrite::yes); }) == Errc::io);
  CHECK(code_of([&] { write(scratch.file("absent/"), "x"); }) == Errc::io);
  CHECK(code_of([&] { write(scratch.file(".."), "x", Overwrite::yes); }) == Errc::io);
  CHECK(code_of([&] { write(scratch.file("absent/below"), "x"); }) == Errc::unreadable_file);
  CHECK(code_of([&] { write(scratch.file(std::string(300, 'n')), "x"); }) == Errc::io);
  CHECK(fs::is_empty(scratch.file("folder")));
}

TEST_CASE("/dev/null takes everything but a secret, and is a device afterwards") {
  write("/dev/null", "x");
  write("/dev/null", "x", Overwrite::yes);
  CHECK(code_of([] { write("/dev/null", "k", Overwrite::yes, Access::secret); }) ==
        Errc::open_permissions);
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("a link to a device writes the device and stays a link") {
  const TemporaryDirectory scratch;
  fs::create_symlink("/dev/null", scratch.file("sink"));
  write(scratch.file("sink"), "x", Overwrite::yes);
  CHECK(fs::is_symlink(scratch.file("sink")));
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("/dev/full is a full disk") {
  CHECK(code_of([] { write("/dev/full", "x"); }) == Errc::disk_full);
}

TEST_CASE("a FIFO is written through, also with a secret") {
  const TemporaryDirectory scratch;
  const std::string path = scratch.file("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const Fd reader(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  write(path, "secret", Overwrite::no, Access::secret);
  std::string got(16, '\0');
  REQUIRE(::read(reader.get(), got.data(), got.size()) == 6);
  CHECK(got.substr(0, 6) == "secret");
  CHECK(fs::is_fifo(path));
}

TEST_CASE("a name for an open descriptor writes to it, however it is spelt") {
  const TemporaryDirectory scratch;
  const Fd file(::open(scratch.write("out", "").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  const std::string number = std::to_string(file.get());
  write("/dev/fd/" + number, "a");
  write("/proc/self/fd/" + number, "b", Overwrite::yes);
  write("/dev/../dev/fd/" + number, "c", Overwrite::yes);
  {
    const WorkingDirectory here("/dev/fd");
    write(number, "d", Overwrite::yes);
  }
  CHECK(scratch.read("out") == "abcd");
  CHECK(names_in(scratch.path()) == std::set<std::string>{"out"});
  CHECK(code_of([] { write("/dev/fd/987", "x"); }) == Errc::io);
}

TEST_CASE("/dev/stdout is the standard output and a link afterwards") {
  const TemporaryDirectory scratch;
  const pid_t child = ::fork();
  if (child == 0) {
    const int out = ::open(scratch.file("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (out < 0 || ::dup2(out, STDOUT_FILENO) < 0) ::_exit(2);
    try {
      write("/dev/stdout", "result");
      write("/dev/stdout", " again", Overwrite::yes);
    } catch (const Error&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(scratch.read("out") == "result again");
  CHECK(fs::is_symlink("/dev/stdout"));
}

TEST_CASE("a secret goes to a descriptor only where others cannot read it") {
  const TemporaryDirectory scratch;
  const Fd file(::open(scratch.write("out", "").c_str(), O_WRONLY | O_CLOEXEC));
  const std::string path = format("/dev/fd/{}", file.get());
  REQUIRE(::fchmod(file.get(), 0644) == 0);
  CHECK(code_of([&] { write(path, "k", Overwrite::no, Access::secret); }) ==
        Errc::open_permissions);
  CHECK(scratch.read("out").empty());
  REQUIRE(::fchmod(file.get(), 0600) == 0);
  write(path, "k", Overwrite::no, Access::secret);
  CHECK(scratch.read("out") == "k");

  const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  CHECK(code_of([&] {
          write(format("/dev/fd/{}", null.get()), "k", Overwrite::no, Access::secret);
        }) == Errc::open_permissions);
}

}  // namespace mtls
