// The ledger's time: a server's, where there is one, which is one for all machines.
#pragma once

#include "base/clock.hpp"
#include "store/db_failure.hpp"
#include "store/record.hpp"

namespace mtls::store {

/// How far the server's clock is ahead of this machine's. What this machine's says is told once, on
/// construction, and counted on from there, so that it does not matter how long connecting takes.
class ServerClock final {
 public:
  /// `now` is what time it is here at this moment.
  explicit ServerClock(UnixTime now) noexcept;

  /// Asks the server; where there is none the two are the same. A slow answer is asked for again.
  /// Throws DbError, and Error clock where the two are more than five minutes apart (and half of
  /// what the answer took).
  void measure(Connection& connection, const LedgerName& name);
  /// Whether `now`, which may have been read a while ago, shows that this machine's clock was set
  /// forward since it was told: then it is told anew.
  [[nodiscard]] bool is_overtaken_by(UnixTime now) const noexcept;
  /// Whether it was measured so long ago that it is to be measured again.
  [[nodiscard]] bool is_due(MonotonicTime now) const noexcept;
  [[nodiscard]] std::chrono::seconds offset() const noexcept { return m_offset; }

 private:
  UnixTime m_told;
  MonotonicTime m_told_at;
  MonotonicTime m_measured_at;
  std::chrono::seconds m_offset{0};
};

}  // namespace mtls::store
