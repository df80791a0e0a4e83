// base/file.hpp: reading.
#include "base/file.hpp"
#include "base/format.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown.hpp"
#include "support/umask.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <thread>

namespace mtls {
namespace {

using test::code_of;
using test::TemporaryDirectory;

std::string text_of(const FileContents& contents) {
  return std::string(as_text(contents.bytes.view()));
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    out = Fd(ends[0]);
    in = Fd(ends[1]);
  }
  Fd out;
  Fd in;
};

}  // namespace

TEST_CASE("reads a whole file, octets as they are") {
  const TemporaryDirectory scratch;
  const std::string content("a\0b\r\n\xff", 6);
  CHECK(text_of(read_file(scratch.write("f", content))) == content);
  CHECK(text_of(read_file(scratch.write("empty", ""))).empty());
}

TEST_CASE("reads up to its limit and refuses the octet after it") {
  const TemporaryDirectory scratch;
  const std::string path = scratch.write("f", std::string(1000, 'x'));
  CHECK(read_file(path, 1000).bytes.size() == 1000);
  CHECK(code_of([&] { static_cast<void>(read_file(path, 999)); }) == Errc::too_large);
  const std::string big = scratch.write("big", std::string(k_file_limit + 1, 'x'));
  CHECK(code_of([&] { static_cast<void>(read_file(big)); }) == Errc::too_large);
  CHECK(read_file(big, k_file_limit + 1).bytes.size() == k_file_limit + 1);
}

TEST_CASE("an endless source ends at the limit") {
  CHECK(code_of([] { static_cast<void>(read_file("/dev/zero")); }) == Errc::unreadable_file);
  const Fd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  CHECK(code_of([&] { static_cast<void>(read_descriptor(zero.get(), "zero")); }) ==
        Errc::too_large);
}

TEST_CASE("what is absent, a directory, a device, a socket or a loop of links is unreadable") {
  const TemporaryDirectory scratch;
  std::filesystem::create_symlink("loop", scratch.file("loop"));
  std::filesystem::create_symlink("absent", scratch.file("dangling"));
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string socket_path = scratch.file("socket");
  std::memcpy(static_cast<char*>(address.sun_path), socket_path.c_str(), socket_path.size() + 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  for (const std::string& path :
       {scratch.file("absent"), scratch.path().string(), std::string("/dev/null"), socket_path,
        scratch.file("loop"), scratch.file("dangling"), scratch.file("absent/below"),
        std::string()}) {
    CAPTURE(path);
    CHECK(code_of([&] { static_cast<void>(read_file(path)); }) == Errc::unreadable_file);
  }
}

TEST_CASE("the name in a complaint cannot act on a terminal, and is escaped once") {
  const auto error = test::thrown_by([] { static_cast<void>(read_file("/absent\x1b[2J")); });
  REQUIRE(error);
  CHECK(error->message().find("/absent\\x1b[2J:") != std::string::npos);
}

TEST_CASE("a FIFO that nobody writes to does not hang") {
  const TemporaryDirectory scratch;
  const std::string path = scratch.file("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(read_file(path).bytes.empty());
}

TEST_CASE("a FIFO is read until its writer closes it, and counts as closed to others") {
  const TemporaryDirectory scratch;
  const std::string path = scratch.file("fifo");
  const test::Umask mask(0);
  REQUIRE(::mkfifo(path.c_str(), 0666) == 0);
  Fd writer(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  write_descriptor(writer.get(), as_bytes("first "), "fifo");
  std::thread slow([&writer] {
    // More than a pipe holds, so that the reader and the writer wait for each other.
    write_descriptor(writer.get(), Bytes(200'000, 'x'), "fifo");
    writer.close();
  });
  const FileContents contents = read_file(path);
  slow.join();
  CHECK(contents.bytes.size() == 6 + 200'000);
  CHECK(contents.openness == Openness::closed);
}

TEST_CASE("a name that stands for an open descriptor is that descriptor") {
  for (const char* form : {"/dev/fd/{}", "/proc/self/fd/{}", "/dev/../dev/fd/{}", "//dev/fd/{}",
                           "/proc/thread-self/fd/{}"}) {
    CAPTURE(form);
    Pipe pipe;
    write_descriptor(pipe.in.get(), as_bytes("through"), "pipe");
    pipe.in.close();
    std::string path = form;
    path.replace(path.find("{}"), 2, std::to_string(pipe.out.get()));
    CHECK(text_of(read_file(path)) == "through");
  }
  CHECK(code_of([] { static_cast<void>(read_file("/dev/fd/987")); }) == Errc::unreadable_file);
}

TEST_CASE("a bit for group or others makes a file open") {
  const TemporaryDirectory scratch;
  const std::string path = scratch.write("key", "k");
  for (const mode_t mode : {0600U, 0400U, 0700U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(read_file(path).openness == Openness::closed);
  }
  for (const mode_t mode : {0640U, 0620U, 0604U, 0602U, 0644U, 0610U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CAPTURE(mode);
    CHECK(read_file(path).openness == Openness::open);
  }
}

TEST_CASE("a dangling link is a name that exists") {
  const TemporaryDirectory scratch;
  std::filesystem::create_symlink("absent", scratch.file("dangling"));
  CHECK(name_exists(scratch.file("dangling")));
  CHECK(name_exists(scratch.path()));
  CHECK_FALSE(name_exists(scratch.file("absent")));
}

}  // namespace mtls
