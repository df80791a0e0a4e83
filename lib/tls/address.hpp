// Where a listener is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace mtls::tls {

/// An IP address and a TCP port. `ip` is an address in text ("192.0.2.1", "::1"), never a name.
struct Address {
  std::string ip;
  std::uint16_t port;
  /// "192.0.2.1:443", "[::1]:443".
  [[nodiscard]] std::string to_text() const;
  bool operator==(const Address& other) const = default;
};

/// Returns every address of `host`, which may be an address itself, each once, in the resolver's
/// order. Waits for `patience` and no longer, whatever the system's resolver does. Throws Error io
/// where there is none.
[[nodiscard]] std::vector<Address> resolve(const std::string& host, std::uint16_t port,
                                           std::chrono::milliseconds patience);

}  // namespace mtls::tls
