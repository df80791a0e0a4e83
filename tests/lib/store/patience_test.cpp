#include "store/patience.hpp"

#include <doctest/doctest.h>

namespace mtls::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST_CASE("whoever waited steps back once, and nobody else") {
  Patience patience(milliseconds(1000));
  const auto time_of_step_back = [&] {
    const auto begun = steady_clock::now();
    patience.step_back();
    return steady_clock::now() - begun;
  };
  patience.restart();
  CHECK(time_of_step_back() < milliseconds(4));
  CHECK(patience.wait());
  CHECK(time_of_step_back() >= milliseconds(4));
}

TEST_CASE("patience ends when its time is over and comes back with the next operation") {
  Patience patience(milliseconds(30));
  for (int round = 0; round < 2; ++round) {
    patience.restart();
    const auto begun = steady_clock::now();
    int waits = 0;
    while (patience.wait()) ++waits;
    const auto waited = steady_clock::now() - begun;
    CHECK(waits > 1);
    CHECK(waited >= milliseconds(30));
    CHECK(waited < milliseconds(5000));
  }
}

TEST_CASE("no time is no waiting") {
  Patience patience(milliseconds(0));
  patience.restart();
  CHECK_FALSE(patience.wait());
}

}  // namespace
}  // namespace mtls::store
