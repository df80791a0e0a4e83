#include "base/system_error.hpp"

#include "support/thrown.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>

namespace mtls {
namespace {

struct Case {
  int number;
  Errc code;
};

}  // namespace

TEST_CASE("writing: a full disk, a lack of rights, and the rest are told apart") {
  constexpr std::array<Case, 8> k_cases{{{ENOSPC, Errc::disk_full},
                                         {EDQUOT, Errc::disk_full},
                                         {EFBIG, Errc::disk_full},
                                         {EACCES, Errc::permission},
                                         {EPERM, Errc::permission},
                                         {EROFS, Errc::permission},
                                         {EIO, Errc::io},
                                         {EPIPE, Errc::io}}};
  for (const Case& each : k_cases) {
    CAPTURE(each.number);
    CHECK(test::code_of([&each] { throw_errno(each.number, "cannot write x"); }) == each.code);
  }
}

TEST_CASE("reading: what the user named is bad input, the machine's troubles are not") {
  constexpr std::array<Case, 8> k_cases{{{ENOENT, Errc::unreadable_file},
                                         {EACCES, Errc::unreadable_file},
                                         {EISDIR, Errc::unreadable_file},
                                         {ELOOP, Errc::unreadable_file},
                                         {EIO, Errc::io},
                                         {EMFILE, Errc::io},
                                         {ENFILE, Errc::io},
                                         {ENOMEM, Errc::io}}};
  for (const Case& each : k_cases) {
    CAPTURE(each.number);
    CHECK(test::code_of([&each] { throw_errno_reading(each.number, "x"); }) == each.code);
  }
}

TEST_CASE("the message ends with the system's words, in lower case unless they are a name") {
  const auto absent = test::thrown_by([] { throw_errno_reading(ENOENT, "a.crt"); });
  REQUIRE(absent);
  CHECK(absent->message() == "cannot read a.crt: no such file or directory");
  const auto broken = test::thrown_by([] { throw_errno(EIO, "cannot sync ca"); });
  REQUIRE(broken);
  CHECK(broken->message() == "cannot sync ca: input/output error");
}

}  // namespace mtls
