#include "cmd/patient_output.hpp"

#include "base/file.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace mtls::cmd {
namespace {

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  /// What is there now.
  std::string read() {
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string all;
    std::array<char, 4096> part{};
    for (ssize_t count = 0; (count = ::read(ends[0], part.data(), part.size())) > 0;) {
      all.append(part.data(), static_cast<std::size_t>(count));
    }
    return all;
  }
  std::array<int, 2> ends{};
};

TEST_CASE("a line is there at once where somebody reads") {
  Pipe pipe;
  PatientOutput output(pipe.ends[1]);
  output.write_line("one");
  CHECK(pipe.read() == "one\n");
}

TEST_CASE("a reader who does not read costs lines, and neither time nor memory without end") {
  Pipe pipe;
  PatientOutput output(pipe.ends[1]);
  const std::string line(999, 'x');
  for (int i = 0; i < 5'000; ++i) output.write_line(line);
  std::string all;
  for (int i = 0; i < 1'000 && !output.empty(); ++i) {
    all += pipe.read();
    output.pump();
  }
  all += pipe.read();
  CHECK(all.size() < 1'300'000);
  CHECK(all.size() % 1'000 == 0);
  output.write_line("after");
  const std::string rest = pipe.read();
  CHECK(rest.find("lines were not written") != std::string::npos);
  CHECK(rest.substr(rest.size() - 6) == "after\n");
}

TEST_CASE("a reader who is gone is a failure, not an end") {
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): as the program has it
  Pipe pipe;
  ::close(pipe.ends[0]);
  pipe.ends[0] = -1;
  PatientOutput output(pipe.ends[1]);
  output.write_line("one");
  CHECK(output.failed());
  output.write_line("two");
  output.drain(std::chrono::milliseconds(10));
}

TEST_CASE("a disk that is full for a while costs no line, but is a failure") {
  std::signal(SIGXFSZ, SIG_IGN);  // NOLINT(cert-err33-c): as the program has it
  test::TemporaryDirectory directory;
  const std::string path = (directory.path() / "log").native();
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(file >= 0);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{.rlim_cur = 6, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  PatientOutput output(file);
  output.write_line("one");
  CHECK_FALSE(output.failed());
  output.write_line("two");
  output.write_line("three");
  CHECK(output.failed());
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  output.pump();
  CHECK(output.empty());
  CHECK(output.failed());
  CHECK(as_text(read_file(path).bytes.view()) == "one\ntwo\nthree\n");
  ::close(file);
}

}  // namespace
}  // namespace mtls::cmd
