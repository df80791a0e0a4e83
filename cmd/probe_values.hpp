// The kinds of values that only `probe` takes.
#pragma once

#include "base/file.hpp"
#include "cmd/option_set.hpp"
#include "tls/attempt.hpp"

#include <chrono>
#include <vector>

namespace mtls::cmd {

/// A file of certificates, or this machine's roots.
struct TrustPlace {
  Path file;
  bool system;
};
/// FILE, or the word "system" (a file of that name is ./system).
[[nodiscard]] ValueType<TrustPlace> trust_place_value();
/// "1.2", "1.3" or "1.2,1.3".
[[nodiscard]] ValueType<std::vector<tls::Version>> versions_value();
/// 500ms, 5s, 1m.
[[nodiscard]] ValueType<std::chrono::milliseconds> short_time_value();

}  // namespace mtls::cmd
