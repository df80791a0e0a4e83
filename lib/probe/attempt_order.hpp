// The one order in which the attempts at an address are shown. Private to lib/probe.
#pragma once

#include "probe/verdict.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mtls::probe {

/// Which attempt at an address. Ordered by id, then TLS version (none first), then variant.
struct AttemptKey {
  Id id;
  std::optional<tls::Version> version;
  std::string variant;

  friend bool operator<(const AttemptKey& left, const AttemptKey& right);
};
[[nodiscard]] AttemptKey key_of(const Attempt& attempt);

/// Puts attempts into the order of their keys.
void sort_by_key(std::vector<Judged>& judged);

/// Lets attempts be reported in the order of their keys as they end: each is held back while one
/// that comes before it is still expected. Not thread-safe.
class InOrder final {
 public:
  /// An attempt with this key may come.
  void expect(AttemptKey key);
  /// It has come, or will not.
  void settle(const AttemptKey& key);
  /// Returns those of `judged` that can be reported by now and have not been returned before.
  [[nodiscard]] std::vector<Judged> take(std::vector<Judged> judged);

 private:
  std::set<AttemptKey> m_expected;
  std::set<AttemptKey> m_reported;
};

}  // namespace mtls::probe
