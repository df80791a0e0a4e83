// flock with an end to the waiting.
#pragma once

#include <chrono>

namespace mtls {

enum class LockKind { shared, exclusive };

/// Takes the lock (flock) of an open descriptor, waiting up to `timeout`: in the kernel, which
/// wakes those who wait in the order in which they came, so that of many that wait none is passed
/// over for long, as it would be by asking again and again. Returns 0 with the lock held,
/// EWOULDBLOCK where the time ran out, or flock's own errno. For the wait SIGRTMAX gets a handler
/// that does nothing, and is let through to the calling thread.
[[nodiscard]] int lock_within(int fd, LockKind kind, std::chrono::milliseconds timeout) noexcept;

}  // namespace mtls
