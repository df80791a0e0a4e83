// Waiting for a server that may have stopped answering without closing the connection.
#pragma once

#include "store/libpq.hpp"

#include <chrono>

namespace mtls::store {

enum class Answer { there, late };

/// Sends what is to be sent and waits until `get_result` gives the next answer, or the loss of the
/// connection, without waiting itself. `late` when for `patience` not an octet went through; the
/// connection must then be given up. Only for a connection that was set to be non-blocking.
[[nodiscard]] Answer await_answer(const LibpqTable& pq, PGconn* connection,
                                  std::chrono::milliseconds patience) noexcept;

}  // namespace mtls::store
