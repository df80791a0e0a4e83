#include "base/process_identity.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

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
