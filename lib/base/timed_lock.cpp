#include "base/timed_lock.hpp"

#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <pthread.h>

namespace mtls {
namespace {

/// Asks again after the end, should the first signal have come before the wait had begun.
constexpr std::chrono::milliseconds k_again{10};

timespec to_timespec(std::chrono::milliseconds time) noexcept {
  constexpr long k_second = 1000;
  constexpr long k_nanoseconds = 1'000'000;
  const auto count = static_cast<long>(time.count());
  return {.tv_sec = count / k_second, .tv_nsec = count % k_second * k_nanoseconds};
}

/// Whether the time of the wait that this thread is in has run out; set by its signal.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): all that a handler may touch
thread_local volatile std::sig_atomic_t t_over = 0;

/// While it lives, a system call of this thread that waits is interrupted (EINTR) once `timeout` is
/// over, and from then on every k_again.
class Interruption final {
 public:
  explicit Interruption(std::chrono::milliseconds timeout) noexcept {
    t_over = 0;
    struct sigaction handling {};
    handling.sa_handler = [](int /*signal*/) { t_over = 1; };
    sigemptyset(&handling.sa_mask);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGRTMAX;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-union-access): glibc gives it no other name
    event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
    m_armed = ::sigaction(SIGRTMAX, &handling, nullptr) == 0 &&
              ::timer_create(CLOCK_MONOTONIC, &event, &m_timer) == 0;
    if (!m_armed) return;
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGRTMAX);
    ::pthread_sigmask(SIG_UNBLOCK, &ours, &m_before);
    itimerspec times{};
    times.it_value = to_timespec(timeout);
    times.it_interval = to_timespec(k_again);
    ::timer_settime(m_timer, 0, &times, nullptr);
  }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  Interruption(Interruption&&) = delete;
  Interruption& operator=(Interruption&&) = delete;
  ~Interruption() {
    if (!m_armed) return;
    ::timer_delete(m_timer);  // a signal that is under way still finds the handler
    ::pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
  }
  [[nodiscard]] bool armed() const noexcept { return m_armed; }

 private:
  timer_t m_timer{};
  sigset_t m_before{};
  bool m_armed = false;
};

/// Without a timer: asks again and again, and may be passed over.
int lock_by_asking(int fd, int operation, std::chrono::milliseconds timeout) noexcept {
  const auto end = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    if (::flock(fd, operation | LOCK_NB) == 0) return 0;
    if (errno != EWOULDBLOCK && errno != EINTR) return errno;
    if (std::chrono::steady_clock::now() >= end) return EWOULDBLOCK;
    const timespec pause = to_timespec(k_again);
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace

int lock_within(int fd, LockKind kind, std::chrono::milliseconds timeout) noexcept {
  const int operation = kind == LockKind::shared ? LOCK_SH : LOCK_EX;
  const auto attempt = [&](int how) { return ::flock(fd, how) == 0 ? 0 : errno; };
  int failure = attempt(operation | LOCK_NB);
  while (failure == EINTR) failure = attempt(operation | LOCK_NB);
  if (failure != EWOULDBLOCK || timeout.count() <= 0) return failure;
  const Interruption interruption(timeout);
  // A user has no more than so many timers.
  if (!interruption.armed()) return lock_by_asking(fd, operation, timeout);
  do {
    failure = attempt(operation);
  } while (failure == EINTR && t_over == 0);
  return failure == EINTR ? EWOULDBLOCK : failure;
}

}  // namespace mtls
