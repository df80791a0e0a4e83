#include "cmd/child_process.hpp"

#include "support/thrown.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace mtls::cmd {
namespace {

TEST_CASE("a child is waited for also where whoever started us ignores children") {
  std::signal(SIGCHLD, SIG_IGN);  // NOLINT(cert-err33-c): as it is inherited through execve
  run_in_child([] {});
  CHECK(mtls::test::code_of([] { run_in_child([] { throw Error(Errc::bad_name, "no"); }); }) ==
        Errc::bad_name);
  std::signal(SIGCHLD, SIG_DFL);  // NOLINT(cert-err33-c)
}

TEST_CASE("what the child does stays there") {
  int value = 1;
  run_in_child([&value] { value = 2; });
  CHECK(value == 1);
}

TEST_CASE("an error of the child's is thrown here, code, message and hint") {
  const auto error = mtls::test::thrown_by(
      [] { run_in_child([] { throw Error(Errc::wrong_passphrase, "wrong: a", "try b"); }); });
  REQUIRE(error);
  CHECK(error->code() == Errc::wrong_passphrase);
  CHECK(error->message() == "wrong: a");
  CHECK(error->hint() == "try b");
}

TEST_CASE("other exceptions are bugs, and a killed child a failure") {
  CHECK(mtls::test::code_of([] { run_in_child([] { throw std::runtime_error("x"); }); }) ==
        Errc::internal);
  CHECK(mtls::test::code_of([] { run_in_child([] { ::raise(SIGKILL); }); }) == Errc::io);
  CHECK(mtls::test::code_of([] { run_in_child([] { ::_exit(3); }); }) == Errc::io);
}

}  // namespace
}  // namespace mtls::cmd
