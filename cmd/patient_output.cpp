#include "cmd/patient_output.hpp"

#include "base/format.hpp"

#include <climits>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mtls::cmd {
namespace {

constexpr std::size_t k_most_pending = std::size_t{1} << 20U;

/// Errors of a disk, which can get better.
bool is_passing(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO;
}

}  // namespace

void PatientOutput::write_line(std::string_view line) {
  if (m_gone) return;
  if (m_pending.size() > k_most_pending) pump();
  if (m_pending.size() > k_most_pending) {
    ++m_dropped;
    return;
  }
  if (m_dropped > 0) {
    m_pending +=
        format("mtlsctl: warning: {} lines were not written: nobody read them\n", m_dropped);
    m_dropped = 0;
  }
  m_pending.append(line).push_back('\n');
  pump();
}

/// A descriptor that polls as writable takes PIPE_BUF octets without waiting (pipe(7)).
bool PatientOutput::write_some(int patience_ms) {
  pollfd waiting{.fd = m_fd, .events = POLLOUT, .revents = 0};
  if (::poll(&waiting, 1, patience_ms) <= 0) return false;
  const ssize_t count =
      ::write(m_fd, m_pending.data(), std::min<std::size_t>(m_pending.size(), PIPE_BUF));
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (count <= 0) {
    m_failed = true;
    m_gone = !is_passing(errno);
    if (m_gone) m_pending.clear();
    return false;
  }
  m_pending.erase(0, static_cast<std::size_t>(count));
  return true;
}

void PatientOutput::pump() {
  while (!m_pending.empty() && write_some(0)) {
  }
}

void PatientOutput::drain(std::chrono::milliseconds patience) {
  constexpr int k_step_ms = 20;
  for (auto left = patience.count(); left > 0 && !m_pending.empty(); left -= k_step_ms) {
    while (!m_pending.empty() && write_some(k_step_ms)) {
    }
  }
}

}  // namespace mtls::cmd
