#include "cmd/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <malloc.h>

namespace mtls::cmd {
namespace {

/// A closed descriptor is opened the wrong way round, so that reading or writing it still fails.
void occupy(int fd, int flags) noexcept {
  if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) return;
  const int opened = ::open("/dev/null", flags);
  // open takes the lowest free number, and those below are taken.
  if (opened >= 0 && opened != fd) ::close(opened);
}

/// The heap of a short command grows to half a megabyte in steps of 128 KiB, and glibc gives each
/// end of it back that a large buffer leaves: it is asked for at once instead, and kept. What is
/// larger than a megabyte is mapped by itself: glibc no longer finds out where to draw that line.
void take_heap_at_once() noexcept {
#ifdef __GLIBC__
  constexpr int k_step = 512 * 1024;
  // NOLINTBEGIN(concurrency-mt-unsafe): there is one thread yet
  ::mallopt(M_TOP_PAD, k_step);
  ::mallopt(M_TRIM_THRESHOLD, 4 * k_step);
  ::mallopt(M_MMAP_THRESHOLD, 2 * k_step);
  // NOLINTEND(concurrency-mt-unsafe)
#endif
}

}  // namespace

void prepare_process() noexcept {
  take_heap_at_once();
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
