// Which process this is, in a way that a later process can tell whether it still lives.
#pragma once

#include <cstdint>
#include <string>

namespace mtls {

/// A process of one host. `session` names its boot, its PID namespace and its start time, so that a
/// reused pid is not taken for it.
struct ProcessIdentity {
  std::string host;
  std::int64_t pid;
  std::string session;
};

[[nodiscard]] ProcessIdentity this_process();

enum class Liveness {
  dead,
  alive,
  elsewhere,  ///< another host or PID namespace: cannot be told from here
};

/// Tells whether the process that wrote `identity` still runs.
[[nodiscard]] Liveness liveness(const ProcessIdentity& identity);

}  // namespace mtls
