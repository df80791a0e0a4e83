// Work done side by side. Private to lib/probe.
#pragma once

#include <functional>
#include <vector>

namespace mtls::probe {

/// Runs every job, `parallel` of them at a time, and returns when all are done. What a job throws
/// is thrown here once the others have ended.
void run_jobs(const std::vector<std::function<void()>>& jobs, unsigned parallel);

}  // namespace mtls::probe
