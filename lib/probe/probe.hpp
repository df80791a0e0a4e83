// The whole of it: which attempts are made at a listener, in which order, and what they come to.
#pragma once

#include "probe/identity_source.hpp"
#include "probe/verdict.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mtls::probe {

/// The listener, as its clients know it.
struct Target {
  std::vector<tls::Address> addresses;        // every one is probed
  std::optional<tls::Proxy> proxy;            // reached through it instead
  std::optional<std::string> server_name;     // SNI; nothing for an address
  std::optional<std::string> alternate_name;  // another name that the listener serves (--alt-sni)
  tls::HttpRequest request;
};

/// A client of another name of the same port, which the target must not let in.
struct Neighbour {
  std::string name;  // SNI, and what the certificate under it must be for
  std::string host;  // Host of a request for it
  tls::Identity identity;
};

struct Options {
  Target target;
  std::optional<tls::Identity> good;
  std::vector<Neighbour> neighbours;  // their names are demands.neighbours as well
  tls::ServerTrust trust;
  /// The good key may sign for a server that `trust` does not accept (--insecure-server).
  tls::Distrust distrust = tls::Distrust::end_handshake;
  Demands demands;
  std::chrono::milliseconds timeout{5000};
  std::chrono::milliseconds wait{500};
  unsigned jobs = 4;  // at one address
  unsigned repeat = 1;
};

/// What was found at one address.
struct AddressReport {
  tls::Address address;
  std::vector<Judged> attempts;  // in the same order as Progress has them
  Finding finding;
};

struct Report {
  std::vector<AddressReport> addresses;
  Finding overall;
  /// Why the server's certificate is not accepted; nothing where it is.
  std::optional<std::string> distrusted;
  /// What the reader has to know of it and does not follow from the verdict.
  std::vector<std::string> notes;
};

/// Called for every attempt, address by address in the order of Attempt's id, TLS version and
/// variant, as soon as all that come before it have ended; never by two threads at once.
using Progress = std::function<void(const Judged&)>;

/// Makes the attempts and returns what they say. At each address P0 and P1 come first, at many
/// addresses at a time; the others only if these met a listener. Throws only what is wrong on our
/// side.
[[nodiscard]] Report run(const Options& options, IdentitySource& identities, const Clock& clock,
                         const ossl::Context& context, const Progress& progress);

}  // namespace mtls::probe
