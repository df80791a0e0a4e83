#include "store/patience.hpp"

#include <algorithm>
#include <thread>

namespace mtls::store {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds k_longest_step(8);

/// How far apart attempts are after `age` of waiting.
microseconds step_at(steady_clock::duration age, unsigned tries) noexcept {
  if (age > seconds(8)) return milliseconds(2);
  if (age > seconds(2)) return milliseconds(4);
  constexpr unsigned k_doublings = 3;
  return milliseconds(1) * (1U << std::min(tries, k_doublings));
}

/// From half to one and a half of `step`: no two processes read the same nanosecond.
steady_clock::duration scattered(microseconds step, steady_clock::time_point now) noexcept {
  return step / 2 + now.time_since_epoch() % step;
}

}  // namespace

void Patience::restart() noexcept {
  m_begin = steady_clock::now();
  m_tries = 0;
}

bool Patience::wait() noexcept {
  const auto now = steady_clock::now();
  const auto age = now - m_begin;
  if (age >= m_timeout) return false;
  std::this_thread::sleep_for(
      std::min<steady_clock::duration>(scattered(step_at(age, m_tries), now), m_timeout - age));
  ++m_tries;
  m_waited = true;
  return true;
}

void Patience::step_back() noexcept {
  if (!m_waited) return;
  m_waited = false;
  std::this_thread::sleep_for(scattered(k_longest_step, steady_clock::now()));
}

}  // namespace mtls::store
