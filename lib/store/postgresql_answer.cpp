#include "store/postgresql_answer.hpp"

#include <poll.h>

#include <algorithm>

namespace mtls::store {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// Waits a while for the socket; whether anything went through or may go through.
bool poll_once(int socket, short events, milliseconds longest) noexcept {
  // TLS may hold octets that the socket does not tell of: it is asked again before long.
  constexpr milliseconds k_slice(250);
  pollfd watched{.fd = socket, .events = events, .revents = 0};
  const auto wait = std::clamp(longest, milliseconds(0), k_slice);
  return ::poll(&watched, 1, static_cast<int>(wait.count())) > 0;
}

}  // namespace

Answer await_answer(const LibpqTable& pq, PGconn* connection, milliseconds patience) noexcept {
  auto deadline = steady_clock::now() + patience;
  for (;;) {
    const bool unsent = pq.flush(connection) == 1;
    if (pq.is_busy(connection) == 0 && !unsent) return Answer::there;
    const int socket = pq.socket(connection);
    if (socket < 0) return Answer::there;  // lost, which get_result tells
    const auto now = steady_clock::now();
    if (now >= deadline) return Answer::late;
    const auto left = std::chrono::ceil<milliseconds>(deadline - now);
    if (poll_once(socket, static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN), left)) {
      deadline = steady_clock::now() + patience;
    }
    if (pq.consume_input(connection) == 0) return Answer::there;
  }
}

}  // namespace mtls::store
