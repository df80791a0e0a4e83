#include "base/trusted_owners.hpp"

#include "base/file.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mtls {
namespace {

using test::code_of;
using test::TemporaryDirectory;

constexpr UserId k_other = 41234;  // in no /etc/passwd

}  // namespace

TEST_CASE("the effective user and root are trusted, and no other user") {
  const auto owners = TrustedOwners::of_process();
  CHECK(owners.user() == ::geteuid());
  CHECK(owners.contain(0));
  CHECK(owners.contain(::geteuid()));
  CHECK_FALSE(owners.contain(::geteuid() + 1));
  CHECK_FALSE(owners.contain(k_other));
}

TEST_CASE("who ran sudo is trusted by root alone") {
  const auto owners = TrustedOwners::of_process(k_other);
  CHECK(owners.contain(k_other) == (::geteuid() == 0));
  CHECK_FALSE(owners.contain(k_other + 1));
}

TEST_CASE("a user id is decimal digits in range and nothing else") {
  CHECK(parse_user_id("0") == UserId{0});
  CHECK(parse_user_id("1000") == UserId{1000});
  CHECK(parse_user_id("4294967294") == UserId{4294967294});
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "1e3", "4294967295", "4294967296",
                           "18446744073709551617", "root"}) {
    CAPTURE(text);
    CHECK(parse_user_id(text) == std::nullopt);
  }
}

TEST_CASE("an owner is named with its number, and by that alone where passwd has no name") {
  CHECK(describe_user(0) == "root (uid 0)");
  CHECK(user_word(0) == "root");
  CHECK(describe_user(k_other) == "uid 41234");
  CHECK(user_word(k_other) == "41234");
}

TEST_CASE("an owner who is not trusted is found and named; without an owner nothing is") {
  const auto owners = TrustedOwners::of_process();
  CHECK(find_foreign_owner("x.key", ::geteuid(), owners) == std::nullopt);
  CHECK(find_foreign_owner("x.key", 0, owners) == std::nullopt);
  CHECK(find_foreign_owner("x.key", std::nullopt, owners) == std::nullopt);
  CHECK(find_foreign_owner("x.key", k_other, owners) == "x.key belongs to uid 41234");
}

TEST_CASE("what was read has its owner, a pipe that was open already has none") {
  const TemporaryDirectory scratch;
  const std::string file = scratch.write("file", "x");
  CHECK(read_file(file).owner == ::geteuid());
  const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  CHECK(read_file("/dev/fd/" + std::to_string(opened.get())).owner == ::geteuid());
  int ends[2] = {-1, -1};
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const Fd out(ends[0]);
  Fd in(ends[1]);
  REQUIRE(::write(in.get(), "y", 1) == 1);
  CHECK(in.close() == 0);
  CHECK(read_file("/dev/fd/" + std::to_string(out.get())).owner == std::nullopt);
}

TEST_CASE("a file that was found is told from a link to one, and a pipe is not waited for") {
  const TemporaryDirectory scratch;
  const Directory directory = Directory::open(scratch.path());
  static_cast<void>(scratch.write("file", "x"));
  CHECK(directory.read_found("file").reached == Reached::by_name);
  std::filesystem::create_symlink("file", scratch.file("link"));
  const FileContents linked = directory.read_found("link");
  CHECK(linked.reached == Reached::by_link);
  CHECK(as_text(linked.bytes.view()) == "x");
  CHECK(linked.owner == ::geteuid());
  std::filesystem::create_symlink("absent", scratch.file("dangling"));
  const FileContents dangling = directory.read_found("dangling");
  CHECK(dangling.reached == Reached::by_link);
  CHECK(dangling.bytes.empty());
  REQUIRE(::mkfifo(scratch.file("pipe").c_str(), 0600) == 0);
  const Fd keep(::open(scratch.file("pipe").c_str(), O_RDWR | O_CLOEXEC));
  CHECK(code_of([&] { static_cast<void>(directory.read_found("pipe")); }) == Errc::unreadable_file);
}

TEST_CASE("files of another user are told by their owner" * doctest::skip(::geteuid() != 0)) {
  const TemporaryDirectory scratch;
  const std::string file = scratch.write("file", "x");
  REQUIRE(::chown(file.c_str(), k_other, k_other) == 0);
  const Directory directory = Directory::open(scratch.path());
  CHECK(read_file(file).owner == k_other);
  CHECK(directory.read("file").owner == k_other);
  CHECK(directory.owner("file") == k_other);
  CHECK(directory.owner("absent") == std::nullopt);
  CHECK(directory.owner() == 0);
}

TEST_CASE("no secret goes to a pipe or open file of another user" *
          doctest::skip(::geteuid() != 0)) {
  const TemporaryDirectory scratch;
  const std::string pipe = scratch.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  REQUIRE(::chown(pipe.c_str(), k_other, k_other) == 0);
  const Fd reader(::open(pipe.c_str(), O_RDWR | O_CLOEXEC));
  const auto put = [](const std::string& path, Access access,
                      std::optional<UserId> invoker = std::nullopt) {
    write_file(path, as_bytes("k"), access, Overwrite::yes, TrustedOwners::of_process(invoker));
  };
  CHECK(code_of([&] { put(pipe, Access::secret); }) == Errc::foreign_owner);
  put(pipe, Access::shared);
  put(pipe, Access::secret, k_other);

  const std::string file = scratch.write("file", "");
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  REQUIRE(::chown(file.c_str(), k_other, k_other) == 0);
  const Fd opened(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string name = "/dev/fd/" + std::to_string(opened.get());
  CHECK(code_of([&] { put(name, Access::secret); }) == Errc::foreign_owner);
  CHECK(scratch.read("file").empty());
  put(name, Access::secret, k_other);
  CHECK(scratch.read("file") == "k");
}

}  // namespace mtls
