#include "support/process.hpp"

#include "base/file.hpp"
#include "base/format.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <map>
#include <spawn.h>

namespace mtls::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "pipe2");
  return {.read = Fd(ends[0]), .write = Fd(ends[1])};
}

void make_nonblocking(const Fd& fd) {
  if (fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) fail(errno, "fcntl");
}

/// What posix_spawn wants to know, freed at the end.
class SpawnSettings final {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

std::vector<std::string> merged_environment(const Command& command) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : command.environment) variables[name] = value;
  std::vector<std::string> entries;
  entries.reserve(variables.size());
  for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

pid_t spawn(const Command& command, const Fd& in, const Fd& out, const Fd& err) {
  SpawnSettings settings;
  posix_spawn_file_actions_adddup2(&settings.actions, in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&settings.actions, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&settings.actions, err.get(), STDERR_FILENO);
  if (!command.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&settings.actions, command.directory.c_str());
  }
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = merged_environment(command);
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, arguments.at(0).c_str(), &settings.actions, &settings.attributes,
                   pointers(arguments).data(), pointers(environment).data());
  if (error != 0) fail(error, "cannot run " + command.arguments.at(0));
  return pid;
}

/// Reads what there is into `text`; closes `fd` at its end.
void drain(Fd& fd, std::string& text) {
  std::array<char, 65536> buffer{};
  const ssize_t count = read(fd.get(), buffer.data(), buffer.size());
  if (count > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
    fd.close();
  }
}

/// Writes what fits of `input` from `done` on; closes `fd` at the end, or when nobody reads.
void feed(Fd& fd, const std::string& input, std::size_t& done) {
  if (done < input.size()) {
    const ssize_t count = write(fd.get(), input.data() + done, input.size() - done);
    if (count > 0) done += static_cast<std::size_t>(count);
    if (count < 0 && errno != EAGAIN && errno != EINTR) done = input.size();
  }
  if (done == input.size()) fd.close();
}

int milliseconds_until(SteadyClock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

/// Moves octets until the program closed both outputs; false where the deadline came first.
bool converse(const Command& command, Fd in, Fd out, Fd err, Outcome& outcome,
              SteadyClock::time_point deadline) {
  std::size_t written = 0;
  if (command.input.empty()) in.close();
  while (out.valid() || err.valid()) {
    // poll ignores a negative descriptor, which is what a closed Fd has.
    std::array<pollfd, 3> watched{pollfd{in.get(), POLLOUT, 0}, pollfd{out.get(), POLLIN, 0},
                                  pollfd{err.get(), POLLIN, 0}};
    const int ready = poll(watched.data(), watched.size(), milliseconds_until(deadline));
    if (ready == 0) return false;
    if (ready < 0 && errno != EINTR) fail(errno, "poll");
    if (ready < 0) continue;
    if (watched[0].revents != 0) feed(in, command.input, written);
    if (watched[1].revents != 0) drain(out, outcome.out);
    if (watched[2].revents != 0) drain(err, outcome.err);
  }
  return true;
}

/// Waits for the end until the deadline; false where it came first.
bool reap(pid_t pid, int& status, SteadyClock::time_point deadline) {
  while (true) {
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) return true;
    if (ended < 0 && errno != EINTR) fail(errno, "waitpid");
    if (milliseconds_until(deadline) == 0) return false;
    usleep(500);  // both outputs are closed: the end is a moment away
  }
}

}  // namespace

std::string Outcome::shown() const {
  return format("exit {} signal {}{}\nout: {}\nerr: {}", exit, signal,
                timed_out ? " (timed out)" : "", out, err);
}

Outcome run(const Command& command) {
  const auto deadline = SteadyClock::now() + command.timeout;
  static const auto ignored = signal(SIGPIPE, SIG_IGN);
  static_cast<void>(ignored);
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  make_nonblocking(in.write);
  const pid_t pid = spawn(command, in.read, out.write, err.write);
  in.read.close();
  out.write.close();
  err.write.close();

  Outcome outcome;
  int status = 0;
  const bool finished = converse(command, std::move(in.write), std::move(out.read),
                                 std::move(err.read), outcome, deadline) &&
                        reap(pid, status, deadline);
  if (!finished) {
    outcome.timed_out = true;
    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  if (WIFEXITED(status)) outcome.exit = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  return outcome;
}

Outcome run(std::vector<std::string> arguments) {
  return run(Command{.arguments = std::move(arguments)});
}

}  // namespace mtls::test
