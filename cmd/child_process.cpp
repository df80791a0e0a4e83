#include "cmd/child_process.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

namespace mtls::cmd {
namespace {

constexpr int k_succeeded = 0;
constexpr int k_failed = 1;  // and the error is in the pipe

/// An error as it goes through the pipe: the code's number, message, hint, parted by NUL.
std::string pack(const Error& error) {
  std::string packed = format("{}", static_cast<int>(error.code()));
  packed.push_back('\0');
  packed += error.message();
  packed.push_back('\0');
  packed += error.hint();
  return packed;
}

Error unpack(std::string_view packed) {
  const std::size_t first = packed.find('\0');
  const std::size_t second = first == std::string_view::npos ? first : packed.find('\0', first + 1);
  if (second == std::string_view::npos) {
    return {Errc::io, "the child process ended without saying why"};
  }
  const int code = std::atoi(std::string(packed.substr(0, first)).c_str());  // NOLINT(cert-err34-c)
  return {static_cast<Errc>(code), std::string(packed.substr(first + 1, second - first - 1)),
          std::string(packed.substr(second + 1))};
}

/// The child's whole life: as in main, everything is caught, since nothing may return from here.
[[noreturn]] void live(const std::function<void()>& work, const Fd& pipe) noexcept {
  int status = k_failed;
  const auto report = [&pipe](const Error& error) {
    write_descriptor(pipe.get(), as_bytes(pack(error)), "the parent process");
  };
  try {
    try {
      work();
      status = k_succeeded;
    } catch (const Error& error) {
      report(error);
    } catch (const std::exception& error) {
      report(Error(Errc::internal, error.what(), "this is a bug: please report it"));
    }
  } catch (...) {  // the pipe is gone, too: the status says that it failed
    status = k_failed;
  }
  std::_Exit(status);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw_errno(errno, "cannot wait for the child process");
  }
  return status;
}

}  // namespace

void run_in_child(const std::function<void()>& work) {
  // Ignored, as it may be inherited, the child would be gone before it is waited for.
  struct sigaction told {};
  told.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &told, nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno(errno, "cannot make a pipe");
  Fd reading(ends[0]);
  Fd writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw_errno(errno, "cannot make a child process");
  if (child == 0) {
    reading.close();
    live(work, writing);
  }
  writing.close();
  const SecretBytes said = read_descriptor(reading.get(), "the child process");
  const int status = wait_for(child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == k_succeeded) return;
  if (WIFSIGNALED(status)) {
    throw Error(Errc::io, format("the child process was ended by signal {}", WTERMSIG(status)));
  }
  throw unpack(as_text(said.view()));
}

}  // namespace mtls::cmd
