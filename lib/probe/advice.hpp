// What to change on a listener, in words for the kind of server that it seems to be.
#pragma once

#include "probe/probe.hpp"

#include <string>
#include <vector>

namespace mtls::probe {

/// Returns the verdict in one sentence.
[[nodiscard]] std::string sentence(const Report& report);

/// Returns what to do about it, a line each; empty where it is enforced.
[[nodiscard]] std::vector<std::string> advise(const Report& report);

/// Returns what the listener calls itself in the field Server, safe to show; empty where it does
/// not.
[[nodiscard]] std::string server_name(const Report& report);

}  // namespace mtls::probe
