#include "cmd/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace mtls::cmd {
namespace {

/// A closed descriptor is opened the wrong way round, so that reading or writing it still fails.
void occupy(int fd, int flags) noexcept {
  if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) return;
  const int opened = ::open("/dev/null", flags);
  // open takes the lowest free number, and those below are taken.
  if (opened >= 0 && opened != fd) ::close(opened);
}

}  // namespace

void prepare_process() noexcept {
  occupy(0, O_WRONLY);
  occupy(1, O_RDONLY);
  occupy(2, O_WRONLY);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
  ::sigaction(SIGXFSZ, &ignore, nullptr);
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__  // LeakSanitizer looks at its own process with ptrace
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace mtls::cmd
