// The life of one connection, as steps that never block: handshake, requests, end. Private to this
// room; knows no sockets API but libssl's, so that the event loop stays elsewhere.
#pragma once

#include "tls/listener.hpp"
#include "tls/server_stream.hpp"

#include <memory>
#include <optional>
#include <string>

namespace mtls::tls {

/// What all connections of a listener share; outlives them.
struct ConnectionSurroundings {
  const ListenerLimits& limits;
  const HttpHandler& handler;
  ListenerObserver& observer;
  const Clock& clock;
};

/// One connection. Its owner calls `advance` when the socket is ready for what was waited for, and
/// `expire` when the deadline passed. For one thread; not movable.
class Connection final {
 public:
  struct Next {
    enum class Wait { readable, writable, turn, over };  // turn: again, after the others
    Wait wait = Wait::over;
    MonotonicTime deadline = {};
  };

  /// `socket` is non-blocking, connected, and outlives this; `peer` is its other end.
  Connection(std::shared_ptr<const ServerContext> context, int socket, std::string peer,
             const ConnectionSurroundings& surroundings);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() = default;

  [[nodiscard]] Next advance();
  [[nodiscard]] Next expire();
  /// The listener ends: what waits for the client ends now, an answer under way is finished.
  [[nodiscard]] Next wind_down();
  [[nodiscard]] const std::string& address() const noexcept { return m_address; }

 private:
  enum class Phase { handshake, request, going_on, response, lingering, over };

  [[nodiscard]] Next wait_for(Io io) const;
  [[nodiscard]] Next step_handshake();
  [[nodiscard]] Next step_request();
  [[nodiscard]] Next step_going_on();
  [[nodiscard]] Next step_response();
  [[nodiscard]] std::optional<Next> send();
  [[nodiscard]] Next linger();
  [[nodiscard]] Next step_lingering();
  [[nodiscard]] Next finish();
  [[nodiscard]] Next answer(const ServedResponse& response, const std::string& method,
                            KeepAlive keep_alive);
  void expect_request();
  void refuse(TurnedAway why);
  void answer_plainly() const;
  void enter(Phase phase, std::chrono::milliseconds time);

  const ConnectionSurroundings& m_surroundings;
  int m_socket;
  std::string m_address;
  ServerStream m_stream;
  Phase m_phase = Phase::handshake;
  MonotonicTime m_deadline;
  std::unique_ptr<ServedRequestReader> m_reader;
  std::string m_received;
  std::string m_response;
  std::size_t m_sent = 0;
  KeepAlive m_keep_alive = KeepAlive::no;
  bool m_winding_down = false;
};

}  // namespace mtls::tls
