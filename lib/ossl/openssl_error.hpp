// OpenSSL's error queue: drained here and nowhere else.
#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mtls::ossl {

/// Empties this thread's queue. Cheaper than drain_queue, which loads the words.
void clear_queue() noexcept;

/// Empties this thread's queue and returns its lines, oldest first.
[[nodiscard]] std::vector<std::string> drain_queue();

/// One entry of the queue, for who must tell causes apart: ERR_LIB_… and that library's reason.
struct QueueEntry {
  int library;
  int reason;
  std::string line;
};
/// The same as drain_queue, with the codes.
[[nodiscard]] std::vector<QueueEntry> drain_entries();

/// Throws Error{code, message}; the queue's lines go into its details. Out of memory is told from
/// the queue and becomes Errc::io. Call it where a libcrypto function returned failure; the queue
/// alone never decides.
[[noreturn]] void throw_error(Errc code, std::string_view message, std::string_view hint = {});

/// Throws algorithm_unavailable: the providers that openssl.cnf loads have no `what`
/// ("SHA2-256").
[[noreturn]] void throw_unavailable(std::string_view what);

/// Returns what the oldest entry of this thread's queue says ("missing equal sign: line 3"), and
/// the latest where the oldest gives no particulars; empty where there is none. The queue stays as
/// it is.
[[nodiscard]] std::string queued_reason();

/// Throws Errc::internal unless `succeeded`: for calls that fail only through a bug or for want of
/// memory ("EVP_MD_CTX_new").
void require(bool succeeded, std::string_view call);

/// Returns `pointer`, which a constructor of libcrypto returned; throws as `require` where null.
template <class T>
[[nodiscard]] T* require_pointer(T* pointer, std::string_view call) {
  require(pointer != nullptr, call);
  return pointer;
}

}  // namespace mtls::ossl
