// Lines to somebody who may be slow to read: never waits, loses lines rather than time.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace mtls::cmd {

/// Whole lines to a descriptor that it does not own. What the reader (a pipe, a stopped terminal)
/// does not take at once is kept up to a bound and tried again by `pump`; lines beyond that are
/// dropped and counted, and the count is written as a line once there is room. For one thread.
class PatientOutput final {
 public:
  explicit PatientOutput(int fd) : m_fd(fd) {}

  void write_line(std::string_view line);
  /// Writes what is pending, as far as it goes without waiting.
  void pump();
  /// Writes what is pending, waiting up to `patience` altogether.
  void drain(std::chrono::milliseconds patience);
  /// Whether writing ever failed. Where the reader is gone nothing more is written; where a disk is
  /// full it is tried again.
  [[nodiscard]] bool failed() const noexcept { return m_failed; }
  [[nodiscard]] bool empty() const noexcept { return m_pending.empty(); }

 private:
  [[nodiscard]] bool write_some(int patience_ms);
  int m_fd;
  std::string m_pending;
  std::size_t m_dropped = 0;
  bool m_failed = false;
  bool m_gone = false;
};

}  // namespace mtls::cmd
