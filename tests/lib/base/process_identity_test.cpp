#include "base/process_identity.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace mtls {

TEST_CASE("this process is alive") {
  const ProcessIdentity self = this_process();
  CHECK(self.pid == ::getpid());
  CHECK_FALSE(self.host.empty());
  CHECK(liveness(self) == Liveness::alive);
}

TEST_CASE("a pid that another process has now is dead") {
  const ProcessIdentity self = this_process();
  ProcessIdentity earlier = self;
  earlier.session.back() = earlier.session.back() == '1' ? '2' : '1';  // started at another time
  CHECK(liveness(earlier) == Liveness::dead);
}

TEST_CASE("a process that ended is dead") {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  REQUIRE(child > 0);
  ::kill(child, SIGKILL);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  ProcessIdentity ended = this_process();
  ended.pid = child;
  CHECK(liveness(ended) == Liveness::dead);
}

TEST_CASE("a process that ended is dead before its parent has waited for it") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string session = this_process().session;
    const bool told =
        ::write(pipe[1], session.data(), session.size()) == static_cast<ssize_t>(session.size());
    ::_exit(told ? 0 : 1);
  }
  REQUIRE(child > 0);
  ::close(pipe[1]);
  std::string session;
  std::array<char, 256> block{};
  for (ssize_t got = 1; got > 0;) {
    got = ::read(pipe[0], block.data(), block.size());
    if (got > 0) session.append(block.data(), static_cast<std::size_t>(got));
  }
  ::close(pipe[0]);
  siginfo_t ended{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) == 0);
  ProcessIdentity zombie = this_process();
  zombie.pid = child;
  zombie.session = session;
  CHECK(liveness(zombie) == Liveness::dead);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
}

TEST_CASE("a process of another host or PID namespace cannot be told from here") {
  ProcessIdentity other_host = this_process();
  other_host.host += "-other";
  CHECK(liveness(other_host) == Liveness::elsewhere);
  ProcessIdentity other_namespace = this_process();
  other_namespace.session.replace(9, 1, "x");
  CHECK(liveness(other_namespace) == Liveness::elsewhere);
  ProcessIdentity nonsense = this_process();
  nonsense.session = "";
  CHECK(liveness(nonsense) == Liveness::elsewhere);
}

TEST_CASE("a process from before the host's last boot is dead") {
  ProcessIdentity before = this_process();
  before.session[0] = before.session[0] == '0' ? '1' : '0';
  CHECK(liveness(before) == Liveness::dead);
}

}  // namespace mtls
