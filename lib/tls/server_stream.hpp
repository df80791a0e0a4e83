// One TLS connection, seen from the server, on a socket that never blocks.
#pragma once

#include "tls/client_check.hpp"
#include "tls/peer.hpp"
#include "tls/server_context.hpp"
#include "tls/turn_bio.hpp"
#include "tls/turned_away.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

namespace mtls::tls {

/// What a step came to.
enum class Io {
  done,
  want_read,   ///< go on when the socket can be read
  want_write,  ///< go on when it can be written
  turn_over,   ///< the turn's budget is spent: go on in the next one, after the others
  closed,      ///< the other side ended it
  failed,
};

/// Whether the same step goes on later.
[[nodiscard]] constexpr bool is_pending(Io io) noexcept {
  return io == Io::want_read || io == Io::want_write || io == Io::turn_over;
}

/// libssl on a socket that it does not own; SIGPIPE must be ignored. No octet of the client's is
/// given out before its Finished was checked, and with it whether the certificate that libssl has
/// is the one that the judge accepted. For one thread; not movable, since libssl points here.
class ServerStream final {
 public:
  /// `socket` is non-blocking and outlives the stream.
  ServerStream(std::shared_ptr<const ServerContext> context, int socket);
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;
  ~ServerStream() = default;

  /// Begins a turn, in which only so many records are worked through, whatever the client sends.
  void begin_turn() { m_budget.renew(); }
  /// Goes on with the handshake. done: peer() is complete; closed or failed: turned_away() is.
  [[nodiscard]] Io handshake();
  struct Transfer {
    Io io;
    std::size_t count;  // octets, where done
  };
  [[nodiscard]] Transfer read(std::span<std::uint8_t> into);
  [[nodiscard]] Transfer write(ByteView from);
  /// Says that nothing more comes (close_notify), as far as the socket takes it.
  void close_notify();

  [[nodiscard]] const Peer& peer() const noexcept { return m_peer; }
  [[nodiscard]] const std::optional<TurnedAway>& turned_away() const noexcept {
    return m_turned_away;
  }
  /// What the client presented, its own first; also where it was refused for it.
  [[nodiscard]] const std::vector<x509::Certificate>& presented() const noexcept {
    return m_check.presented;
  }

 private:
  [[nodiscard]] Io settle(int result);
  [[nodiscard]] Io admit();
  [[nodiscard]] std::optional<TurnedAway> objection();

  std::shared_ptr<const ServerContext> m_context;
  ClientCheck m_check;
  TurnBudget m_budget;
  SslHandle<SSL> m_ssl;
  Peer m_peer;
  std::optional<TurnedAway> m_turned_away;
};

}  // namespace mtls::tls
