#include "cmd/json_trace.hpp"

#include "authority/ca_files.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file_beginning.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"
#include "base/time_text.hpp"
#include "cmd/json.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace mtls::cmd {

namespace {

constexpr int k_appending = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY;

[[noreturn]] void refuse_trace(const Path& path, std::string_view why) {
  throw Error(Errc::would_overwrite,
              format("the trace is not appended to {}: {}", printable(path.native()), why),
              "name a new file with --trace, or one that holds a trace");
}

/// What is appended to is a trace: never a key, a certificate, a ledger or anything else, whichever
/// of its names was given.
void require_trace(const Path& path, const Fd& fd) {
  const auto beginning = read_beginning(path, 1);
  if (!beginning) return;  // a pipe, a device
  if (!beginning->empty() && *beginning != "{") refuse_trace(path, "it holds something else");
  struct stat status {};
  if (beginning->empty() && ::fstat(fd.get(), &status) == 0 && status.st_nlink > 1) {
    refuse_trace(path, "it is empty and has another name as well");
  }
}

/// The file that stands there; nothing where none does.
std::optional<Fd> open_standing(const Path& path) {
  std::error_code ignored;
  const Path target = std::filesystem::canonical(path, ignored);
  if (!ignored) authority::refuse_ca_file(target);
  // Not to wait where nobody reads a FIFO.
  Fd fd(::open(path.c_str(), k_appending | O_NONBLOCK));
  if (!fd.valid() && errno == ENOENT) return std::nullopt;
  if (!fd.valid() && errno == ENXIO) {
    throw Error(Errc::io, format("cannot write the trace {}: nobody reads from it",
                                 printable(path.native())));
  }
  if (!fd.valid())
    throw_errno(errno, format("cannot write the trace {}", printable(path.native())));
  require_trace(path, fd);
  static_cast<void>(::fcntl(fd.get(), F_SETFL, O_APPEND));  // from here on it may wait
  return fd;
}

Fd open_trace(const Path& path) {
  if (names_descriptor(path)) return Fd(::open(path.c_str(), k_appending));
  authority::refuse_ca_file(path);
  if (auto fd = open_standing(path)) return std::move(*fd);
  if (name_exists(path) && std::filesystem::is_symlink(path)) {
    refuse_trace(path, "it is a symbolic link that leads nowhere");
  }
  // O_EXCL, since it follows no link.
  Fd fd(::open(path.c_str(), k_appending | O_CREAT | O_EXCL, 0600));
  if (fd.valid() || errno != EEXIST) return fd;
  auto made = open_standing(path);  // by somebody else meanwhile
  return made ? std::move(*made) : Fd();
}

}  // namespace

JsonTrace::JsonTrace(const Path& path, const Clock& clock)
    : m_clock(clock), m_fd(open_trace(path)) {
  if (!m_fd.valid()) {
    throw_errno(errno, format("cannot write the trace {}", printable(path.native())));
  }
}

void JsonTrace::note(std::string_view event, std::initializer_list<Field> fields) {
  Json line{{"time", to_rfc3339(m_clock.now())},
            {"monotonic_us", std::chrono::duration_cast<std::chrono::microseconds>(
                                 m_clock.monotonic().time_since_epoch())
                                 .count()},
            {"pid", ::getpid()},
            {"event", event}};
  for (const Field& field : fields) line[std::string(field.first)] = field.second;
  const std::string text = to_line(line) + "\n";
  const std::lock_guard lock(m_mutex);
  // A trace that cannot be written must not stop the work.
  if (::write(m_fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    m_failed = true;
  }
}

}  // namespace mtls::cmd
