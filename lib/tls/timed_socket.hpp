// A TCP connection whose every step ends by a deadline.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "tls/address.hpp"

#include <memory>
#include <string>

namespace mtls::tls {

/// How a step ended.
enum class IoResult {
  done,
  end_of_file,
  reset,        // ECONNRESET, EPIPE
  refused,      // nothing listens there
  unreachable,  // no route, network down
  timed_out,
  failed,  // anything else: see error_text
};

/// One connection, used by one thread. A write that fails leaves what had arrived before readable.
class TimedSocket final {
 public:
  TimedSocket();
  TimedSocket(const TimedSocket&) = delete;
  TimedSocket& operator=(const TimedSocket&) = delete;
  ~TimedSocket();

  [[nodiscard]] IoResult connect(const Address& address, MonotonicTime deadline);
  /// Appends what comes next, at least one octet when `done`, to `into`; when `timed_out`, what
  /// came just then, if anything.
  [[nodiscard]] IoResult read(Bytes& into, MonotonicTime deadline);
  /// Writes all of it.
  [[nodiscard]] IoResult write(ByteView octets, MonotonicTime deadline);
  /// What the system said of the last step that did not end `done`; empty otherwise.
  [[nodiscard]] const std::string& error_text() const noexcept;

 private:
  struct Data;
  std::unique_ptr<Data> m_data;
};

}  // namespace mtls::tls
