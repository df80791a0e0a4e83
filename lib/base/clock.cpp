#include "base/clock.hpp"

namespace mtls {

UnixTime SystemClock::now() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

MonotonicTime SystemClock::monotonic() const { return std::chrono::steady_clock::now(); }

}  // namespace mtls
