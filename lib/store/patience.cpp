#include "store/patience.hpp"

#include <algorithm>
#include <thread>

namespace mtls::store {

using std::chrono::steady_clock;

void Patience::restart() noexcept {
  m_end = steady_clock::now() + m_timeout;
  m_tries = 0;
}

bool Patience::wait() noexcept {
  constexpr unsigned k_longest_shift = 5;  // 32 ms
  const auto now = steady_clock::now();
  if (now >= m_end) return false;
  const auto step = std::chrono::microseconds(1000) * (1U << std::min(m_tries, k_longest_shift));
  // No two processes read the same nanosecond: noise enough.
  const auto noise = now.time_since_epoch() % step;
  std::this_thread::sleep_for(std::min<steady_clock::duration>(step / 2 + noise, m_end - now));
  ++m_tries;
  return true;
}

}  // namespace mtls::store
