#include "store/server_clock.hpp"

#include "base/format.hpp"
#include "base/time_text.hpp"

namespace mtls::store {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr minutes k_tolerance(5);
constexpr minutes k_lifetime(5);

/// What the server said at some moment between two of this machine's.
struct Reading {
  milliseconds server;
  MonotonicTime middle;
  milliseconds error;
};

/// The best of a few.
std::optional<Reading> read_clock(Connection& connection) {
  constexpr int k_attempts = 3;
  constexpr milliseconds k_good(500);
  std::optional<Reading> best;
  for (int i = 0; i < k_attempts; ++i) {
    const auto before = steady_clock::now();
    const auto server = connection.server_time();
    const auto took = steady_clock::now() - before;
    if (!server) return std::nullopt;
    const auto error = std::chrono::ceil<milliseconds>(took / 2);
    if (!best || error < best->error) best = Reading{*server, before + took / 2, error};
    if (best->error <= k_good) break;
  }
  return best;
}

}  // namespace

ServerClock::ServerClock(UnixTime now) noexcept
    : m_told(now), m_told_at(steady_clock::now()), m_measured_at(m_told_at) {}

bool ServerClock::is_overtaken_by(UnixTime now) const noexcept {
  constexpr seconds k_slack(2);
  return now > m_told + std::chrono::floor<seconds>(steady_clock::now() - m_told_at) + k_slack;
}

bool ServerClock::is_due(MonotonicTime now) const noexcept {
  return now - m_measured_at >= k_lifetime;
}

void ServerClock::measure(Connection& connection, const LedgerName& name) {
  const auto reading = read_clock(connection);
  if (!reading) return;
  m_measured_at = reading->middle;
  // The time that was told is a whole second: on average half of one had gone by.
  const milliseconds here = m_told.time_since_epoch() + milliseconds(500) +
                            std::chrono::floor<milliseconds>(reading->middle - m_told_at);
  m_offset = std::chrono::round<seconds>(reading->server - here);
  const milliseconds tolerance = k_tolerance + reading->error;
  if (m_offset <= tolerance && m_offset >= -tolerance) return;
  throw Error(
      Errc::clock,
      format("it is {} by this machine's clock and {} by that of the ledger's server {}",
             to_rfc3339(UnixTime(std::chrono::floor<seconds>(here))),
             to_rfc3339(UnixTime(std::chrono::floor<seconds>(reading->server))), name.shown()),
      "set the clock that is wrong; nothing is recorded while they are more than five "
      "minutes apart");
}

}  // namespace mtls::store
