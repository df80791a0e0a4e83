// Work done in processes of their own, made by fork before anything is open.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <vector>

namespace mtls::test {

/// Starts `work` in a child process: it ends with 0 where `work` returns, with 1 where it throws,
/// and by SIGALRM where it takes over two minutes.
template <class Work>
pid_t start_child(const Work& work) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::alarm(120);
  try {
    work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child: %s\n", error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

/// Waits for the end of a child; its exit status, or 128 and the signal that ended it.
inline int wait_for_child(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

template <class Work>
int run_child(const Work& work) {
  return wait_for_child(start_child(work));
}

/// Runs `work(0)` … `work(count - 1)` each in a process, `at_once` of them at a time; how many
/// did not end well.
template <class Work>
int run_children(int count, int at_once, const Work& work) {
  int failures = 0;
  std::vector<pid_t> running;
  const auto reap = [&] {
    if (wait_for_child(running.front()) != 0) ++failures;
    running.erase(running.begin());
  };
  for (int i = 0; i < count; ++i) {
    if (running.size() == static_cast<std::size_t>(at_once)) reap();
    running.push_back(start_child([&] { work(i); }));
  }
  while (!running.empty()) reap();
  return failures;
}

/// Gives up root's right to pass over permissions, for good: in a child only.
inline void become_nobody() {
  constexpr unsigned k_nobody = 65534;
  if (::geteuid() != 0) return;
  if (::setresgid(k_nobody, k_nobody, k_nobody) != 0 ||
      ::setresuid(k_nobody, k_nobody, k_nobody) != 0) {
    ::_exit(99);
  }
}

}  // namespace mtls::test
