#include "base/found_directory.hpp"

#include "base/error.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mtls {
namespace {

using test::TemporaryDirectory;

FoundDirectory find(const Path& path, std::optional<UserId> invoker = std::nullopt) {
  return open_found_directory(path, TrustedOwners::of_process(invoker));
}

std::optional<std::string> unsafe(const Path& path) { return find(path).unsafe; }

}  // namespace

TEST_CASE("a directory of the user's own below safe ones is safe") {
  const TemporaryDirectory scratch;
  CHECK(unsafe(scratch.path()) == std::nullopt);
  CHECK(unsafe("/tmp") == std::nullopt);  // root's, and sticky
}

TEST_CASE("a directory is unsafe where group or others can write it or one above it") {
  const TemporaryDirectory scratch;
  const Path upper = scratch.path() / "upper";
  const Path lower = upper / "lower";
  REQUIRE(std::filesystem::create_directories(lower));
  for (const mode_t mode : {0770U, 0702U, 0720U, 0777U}) {
    CAPTURE(mode);
    REQUIRE(::chmod(lower.c_str(), mode) == 0);
    const auto own = unsafe(lower);
    REQUIRE(own);
    CHECK(own->find(lower.native()) != std::string::npos);
    REQUIRE(::chmod(lower.c_str(), 0700) == 0);
    CHECK(unsafe(lower) == std::nullopt);

    REQUIRE(::chmod(upper.c_str(), mode) == 0);
    const auto parent = unsafe(lower);
    REQUIRE(parent);
    CHECK(parent->find(upper.native() + " ") != std::string::npos);
    REQUIRE(::chmod(upper.c_str(), 0700) == 0);
  }
  // Others may read.
  REQUIRE(::chmod(upper.c_str(), 0755) == 0);
  CHECK(unsafe(lower) == std::nullopt);
}

TEST_CASE("an unsafe directory is unsafe through a link, too, and an absent one is not safe") {
  const TemporaryDirectory scratch;
  const Path open = scratch.path() / "open";
  REQUIRE(std::filesystem::create_directory(open));
  REQUIRE(::chmod(open.c_str(), 0777) == 0);
  std::filesystem::create_directory_symlink(open, scratch.file("link"));
  CHECK(unsafe(scratch.file("link")));
  CHECK_THROWS_AS(static_cast<void>(find(scratch.file("absent"))), Error);
  std::filesystem::create_symlink("loop", scratch.file("loop"));
  CHECK_THROWS_AS(static_cast<void>(find(scratch.file("loop"))), Error);
}

TEST_CASE("a directory of another user is unsafe, also where it is sticky" *
          doctest::skip(::geteuid() != 0)) {
  const TemporaryDirectory scratch;
  const Path other = scratch.path() / "other";
  REQUIRE(std::filesystem::create_directory(other));
  REQUIRE(::chown(other.c_str(), 65534, 65534) == 0);
  CHECK(unsafe(other));
  REQUIRE(::chmod(other.c_str(), 01777) == 0);
  CHECK(unsafe(other));
  // Of the user who ran sudo it is safe, where only that user can write it.
  CHECK(find(other, 65533).unsafe);
  CHECK(find(other, 65534).unsafe);
  REQUIRE(::chmod(other.c_str(), 0700) == 0);
  CHECK(find(other, 65533).unsafe);
  CHECK(find(other, 65534).unsafe == std::nullopt);
}

TEST_CASE("a link is unsafe where others can put another in its place") {
  const TemporaryDirectory scratch;
  const Path good = scratch.path() / "good";
  const Path open = scratch.path() / "open";
  REQUIRE(std::filesystem::create_directory(good));
  REQUIRE(std::filesystem::create_directory(open));
  std::filesystem::create_directory_symlink(good, open / "link");
  std::filesystem::create_directory_symlink("../open/link", good / "further");
  CHECK(unsafe(open / "link") == std::nullopt);
  CHECK(unsafe(good / "further") == std::nullopt);
  REQUIRE(::chmod(open.c_str(), 0777) == 0);
  CHECK(unsafe(good) == std::nullopt);
  CHECK(unsafe(open / "link"));
  CHECK(unsafe(good / "further"));
  CHECK(unsafe(open / ".." / "good"));
}

TEST_CASE("a link of another user is unsafe, also in a sticky directory of root's" *
          doctest::skip(::geteuid() != 0)) {
  const TemporaryDirectory scratch;
  const Path good = scratch.path() / "good";
  REQUIRE(std::filesystem::create_directory(good));
  REQUIRE(::chmod(scratch.path().c_str(), 01777) == 0);
  std::filesystem::create_directory_symlink(good, scratch.file("link"));
  CHECK(unsafe(scratch.file("link")) == std::nullopt);
  REQUIRE(::lchown(scratch.file("link").c_str(), 65534, 65534) == 0);
  const auto why = unsafe(scratch.file("link"));
  REQUIRE(why);
  CHECK(why->find("the link ") == 0);
}

TEST_CASE("what was judged is what is read, whatever the name leads to by then") {
  const TemporaryDirectory scratch;
  for (const char* name : {"one", "two"}) {
    REQUIRE(std::filesystem::create_directory(scratch.path() / name));
    write_file(scratch.path() / name / "file", as_bytes(name), Access::shared, Overwrite::no);
  }
  std::filesystem::create_directory_symlink("one", scratch.file("link"));
  const FoundDirectory found = find(scratch.file("link"));
  std::filesystem::remove(scratch.file("link"));
  std::filesystem::create_directory_symlink("two", scratch.file("link"));
  CHECK(as_text(found.directory.read("file").bytes.view()) == "one");
}

}  // namespace mtls
