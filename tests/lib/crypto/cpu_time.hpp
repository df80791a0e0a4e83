// How much work something is, however busy the machine.
#pragma once

#include <chrono>
#include <ctime>

namespace mtls::crypto::test {

/// Runs `work` and returns the processor time that it took, over all threads of the test.
template <class Work>
std::chrono::duration<double> cpu_time_of(Work&& work) {
  const std::clock_t start = std::clock();
  work();
  return std::chrono::duration<double>(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
}

}  // namespace mtls::crypto::test
