#include "cmd/json_trace.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"
#include "base/time_text.hpp"
#include "cmd/json.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cerrno>

namespace mtls::cmd {

JsonTrace::JsonTrace(const Path& path, const Clock& clock)
    : m_clock(clock), m_fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
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
