// Time as an argument: wall time for validity, monotonic time for deadlines.
#pragma once

#include <chrono>

namespace mtls {

/// Whole seconds since 1970-01-01 UTC, 64 bits; what X.509 can say.
using UnixTime = std::chrono::sys_seconds;
using MonotonicTime = std::chrono::steady_clock::time_point;

/// Where the time comes from. Safe to call from several threads.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  [[nodiscard]] virtual UnixTime now() const = 0;
  [[nodiscard]] virtual MonotonicTime monotonic() const = 0;
};

/// The machine's clocks. Made in cmd and handed down; lib never makes one.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] UnixTime now() const override;
  [[nodiscard]] MonotonicTime monotonic() const override;
};

}  // namespace mtls
