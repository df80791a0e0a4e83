#include "probe/jobs.hpp"

#include <algorithm>
#include <atomic>
#include <future>

namespace mtls::probe {

void run_jobs(const std::vector<std::function<void()>>& jobs, unsigned parallel) {
  std::atomic<std::size_t> next{0};
  const auto work = [&jobs, &next] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) jobs[i]();
  };
  std::vector<std::future<void>> workers;
  const std::size_t count = std::min<std::size_t>(std::max(parallel, 1U), jobs.size());
  workers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) workers.push_back(std::async(std::launch::async, work));
  for (std::future<void>& worker : workers) worker.wait();
  for (std::future<void>& worker : workers) worker.get();
}

}  // namespace mtls::probe
