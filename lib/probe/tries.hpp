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

  /// One of N0 to N6, except that N4 has no session to resume yet: see neighbour_session. The
  /// neighbour's key signs as the good one does. The server's certificate must be for the name that
  /// is sent as SNI, without one for any.
  [[nodiscard]] Try of_neighbour(Id id, tls::Version version, const Neighbour& neighbour) const;
  /// As N0, without a certificate.
  [[nodiscard]] Try bare_at_neighbour(tls::Version version, const Neighbour& neighbour) const;
  /// Which of N1 to N6 differ from each other at this listener.
  [[nodiscard]] std::vector<Id> ids_of_neighbour() const;

 private:
  [[nodiscard]] Try make(Id id, std::optional<tls::Version> version) const;

  const Options& m_options;
  tls::Address m_address;
  std::vector<std::string> m_alpn{"http/1.1"};
};

}  // namespace mtls::probe
