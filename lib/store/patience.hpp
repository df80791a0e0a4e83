// Waiting for locks that others hold.
#pragma once

#include <chrono>

namespace mtls::store {

/// How long one operation waits for a lock that is polled: SQLite has no queue of waiters. Left
/// alone, a process that commits again and again always finds the lock free right behind its own
/// commit, while others sleep: with a slow disk they starve. So waits stay short, become shorter
/// with age, and whoever had to wait steps back once before it asks again. They differ between
/// processes that began together. One for each connection.
class Patience final {
 public:
  explicit Patience(std::chrono::milliseconds timeout) noexcept : m_timeout(timeout) {}

  /// Begins an operation: from now on the timeout counts.
  void restart() noexcept;
  /// Sleeps a little; false, at once, when the time is over.
  [[nodiscard]] bool wait() noexcept;
  /// Lets others go first where the operation before had to wait. For before asking for the write
  /// lock again; costs nothing where nobody else is there.
  void step_back() noexcept;

 private:
  std::chrono::milliseconds m_timeout;
  std::chrono::steady_clock::time_point m_begin;
  unsigned m_tries = 0;
  bool m_waited = false;  // since the last step back
};

}  // namespace mtls::store
