// A TLS listener that answers HTTP: who may come in is the judge's to say, what is answered the
// handler's. No policy of its own but bounds.
#pragma once

#include "base/clock.hpp"
#include "base/host_port.hpp"
#include "tls/peer.hpp"
#include "tls/served_http.hpp"
#include "tls/server_context.hpp"
#include "tls/turned_away.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mtls::tls {

/// How much, and how long, one client may take. Each time is for a whole step, however slowly its
/// octets come.
struct ListenerLimits {
  std::size_t connections = 4096;
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds request{10'000};   // from its first octet to its last
  std::chrono::milliseconds response{10'000};  // until the client has taken it
  std::chrono::milliseconds idle{60'000};      // between requests
  HttpLimits http = {};
};

/// A connection that was not let in.
struct RefusedPeer {
  std::string address;
  TurnedAway why;
  std::vector<x509::Certificate> presented;  // what it showed, its own first; may be empty
};

/// Told what happens; called from the thread that runs the listener, and must not block.
class ListenerObserver {
 public:
  ListenerObserver() = default;
  ListenerObserver(const ListenerObserver&) = delete;
  ListenerObserver& operator=(const ListenerObserver&) = delete;
  virtual ~ListenerObserver() = default;
  virtual void accepted(const Peer& peer) = 0;
  virtual void refused(const RefusedPeer& peer) = 0;
  /// SIGHUP came: the context for connections from now on, or null to keep the one there is.
  [[nodiscard]] virtual std::shared_ptr<const ServerContext> reload() = 0;
  /// Some time has passed (a tenth of a second or so): for what must not wait for the next event.
  virtual void tick() = 0;
};

using HttpHandler = std::function<ServedResponse(const ServedRequest&, const Peer&)>;

/// Listens from its making on. One thread does everything: a step of one connection is short. For
/// one thread, which must let signals through.
class Listener final {
 public:
  struct Parts {
    HostPort address{"127.0.0.1", 0};  // an IP address; port 0 lets the system choose
    ListenerLimits limits;
    std::shared_ptr<const ServerContext> context;
    HttpHandler handler;
    ListenerObserver& observer;
    const Clock& clock;
  };
  /// Binds and listens. Raises the limit on open descriptors as far as it goes. Throws usage for an
  /// address that is none, io or permission where it cannot be had (hint: who has the port).
  explicit Listener(Parts parts);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  /// The address as it turned out: with the port that the system chose.
  [[nodiscard]] HostPort address() const;
  /// Serves until SIGTERM or SIGINT; then connections that wait end at once, others within half a
  /// second. SIGHUP asks the observer for a new context; standing connections go on.
  void run();

 private:
  struct Data;
  std::unique_ptr<Data> m_data;
};

}  // namespace mtls::tls
