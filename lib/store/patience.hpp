// Waiting for locks that others hold.
#pragma once

#include <chrono>

namespace mtls::store {

/// How long one operation waits for locks: in steps that grow, and differ between processes that
/// began together.
class Patience final {
 public:
  explicit Patience(std::chrono::milliseconds timeout) noexcept : m_timeout(timeout) {}

  /// Begins an operation: from now on the timeout counts.
  void restart() noexcept;
  /// Sleeps a little; false, at once, when the time is over.
  [[nodiscard]] bool wait() noexcept;

 private:
  std::chrono::milliseconds m_timeout;
  std::chrono::steady_clock::time_point m_end;
  unsigned m_tries = 0;
};

}  // namespace mtls::store
