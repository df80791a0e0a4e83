#include "base/process_identity.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/format.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>

namespace mtls {
namespace {

std::optional<std::string> read_small(const std::string& path) {
  try {
    const FileContents contents = read_file(path, 4096);
    return std::string(as_text(contents.bytes.view()));
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// What /proc/PID/stat says of a process.
struct Stat {
  char state;         // field 3: R, S, D … or Z for one that ended and was not waited for
  std::string start;  // field 22: when it started, in ticks since boot
};

/// The second field is a name in parentheses that may hold anything, so fields are counted from the
/// last ')'.
std::optional<Stat> read_stat(std::int64_t pid) {
  const auto stat = read_small(format("/proc/{}/stat", pid));
  if (!stat) return std::nullopt;
  std::size_t at = stat->rfind(')');
  if (at == std::string::npos || at + 2 >= stat->size()) return std::nullopt;
  const char state = (*stat)[at + 2];
  ++at;
  for (int field = 2; field < 21 && at != std::string::npos; ++field) at = stat->find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t end = stat->find(' ', at + 1);
  return Stat{.state = state, .start = stat->substr(at + 1, end - at - 1)};
}

/// What processes that can see each other's pids have in common.
std::string scope() {
  const std::string boot = read_small("/proc/sys/kernel/random/boot_id").value_or("unknown");
  std::error_code ignored;
  const std::string pids = std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
  std::string digits;
  for (const char c : pids) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return format("{}-{}", boot.substr(0, 8), digits);
}

std::string host_name() {
  utsname names{};
  return ::uname(&names) == 0 ? std::string(static_cast<const char*>(names.nodename)) : "unknown";
}

}  // namespace

ProcessIdentity this_process() {
  const std::int64_t pid = ::getpid();
  const auto stat = read_stat(pid);
  return {.host = host_name(),
          .pid = pid,
          .session = format("{}-{}", scope(), stat ? stat->start : "0")};
}

Liveness liveness(const ProcessIdentity& identity) {
  // Without /proc nothing can be told, not even of this process.
  if (!read_stat(::getpid())) return Liveness::elsewhere;
  const std::string here = scope() + "-";
  if (identity.host != host_name() || identity.session.rfind(here, 0) != 0) {
    // The same host after a reboot: nothing of before it lives.
    const bool rebooted = identity.host == host_name() &&
                          identity.session.substr(0, 8) != here.substr(0, 8) &&
                          identity.session.find('-') == 8;
    return rebooted ? Liveness::dead : Liveness::elsewhere;
  }
  const auto stat = read_stat(identity.pid);
  const bool ended = !stat || stat->state == 'Z' || stat->state == 'X' || stat->state == 'x';
  return !ended && here + stat->start == identity.session ? Liveness::alive : Liveness::dead;
}

}  // namespace mtls
