#include "cmd/output.hpp"

#include "base/file.hpp"
#include "cmd/messages.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

using namespace mtls;

TEST_CASE("what is written arrives whole, also past the buffer") {
  const test::TemporaryDirectory directory;
  const Fd fd(::open(directory.file("out").c_str(), O_WRONLY | O_CREAT, 0600));
  cmd::Output out(fd.get(), "out");
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    const std::string line = std::to_string(i) + " a line\n";
    out.write(line);
    expected += line;
  }
  out.flush();
  CHECK(directory.read("out") == expected);
}

TEST_CASE("what cannot be written is output_failed, once") {
  const Fd full(::open("/dev/full", O_WRONLY));
  cmd::Output out(full.get(), "/dev/full");
  out.write("text");
  CHECK(test::code_of([&out] { out.flush(); }) == Errc::output_failed);
  CHECK_NOTHROW(out.flush());
}

TEST_CASE("nothing written is nothing that can fail") {
  cmd::Output out(-1, "closed");
  CHECK_NOTHROW(out.flush());
  out.write("x");
  CHECK(test::code_of([&out] { out.flush(); }) == Errc::output_failed);
}

TEST_CASE("quiet keeps errors and drops warnings and notes; verbose adds details") {
  const test::TemporaryDirectory directory;
  const auto shown = [&directory](cmd::Verbosity verbosity) {
    {
      const Fd fd(::open(directory.file("err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
      cmd::Output err(fd.get(), "err");
      cmd::Messages messages(err);
      messages.set_verbosity(verbosity);
      messages.warning("careful", "look");
      messages.note("by the way");
      Error error(Errc::io, "cannot", "try");
      error.add_details({"raw line"});
      messages.error(error);
    }
    return directory.read("err");
  };
  const std::string error = "mtlsctl: error: cannot\nmtlsctl: hint: try\n";
  const std::string rest =
      "mtlsctl: warning: careful\nmtlsctl: hint: look\nmtlsctl: note: by the way\n";
  CHECK(shown(cmd::Verbosity::quiet) == error);
  CHECK(shown(cmd::Verbosity::normal) == rest + error);
  CHECK(shown(cmd::Verbosity::verbose) == rest + error + "mtlsctl: detail: raw line\n");
}
