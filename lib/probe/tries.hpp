// What each attempt at one address shows and asks for, before it is made. Private to lib/probe.
#pragma once

#include "probe/probe.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::probe {

/// An attempt that is to be made, its record still empty, and how.
struct Try {
  Attempt attempt;
  tls::Plan plan;
};

/// Another name of the listener than the one that is probed.
struct OtherName {
  std::string variant;                     // "no SNI", "SNI other.example"
  std::optional<std::string> server_name;  // nothing: none is sent
};

/// Plans attempts at one address. `options` must outlive it.
class Tries final {
 public:
  Tries(const Options& options, tls::Address address);

  [[nodiscard]] const tls::Address& address() const noexcept { return m_address; }
  /// From now on every attempt offers HTTP/2 first, for listeners that speak nothing else.
  void offer_http2();

  /// One that shows no certificate.
  [[nodiscard]] Try bare(Id id, std::optional<tls::Version> version) const;
  /// One that shows `identity`. The good key signs for P0 and P5, and has signed E6: these end the
  /// handshake before anything is signed where the server is not trusted.
  [[nodiscard]] Try shown(Id id, tls::Version version, const tls::Identity& identity) const;
  [[nodiscard]] std::vector<OtherName> other_names() const;

 private:
  [[nodiscard]] Try make(Id id, std::optional<tls::Version> version) const;

  const Options& m_options;
  tls::Address m_address;
  std::vector<std::string> m_alpn{"http/1.1"};
};

}  // namespace mtls::probe
