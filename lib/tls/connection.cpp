#include "tls/connection.hpp"

#include "base/error.hpp"

#include <sys/socket.h>

#include <array>

namespace mtls::tls {
namespace {

constexpr std::size_t k_read_size = std::size_t{16} << 10U;
/// How long the client has to read our last words (an alert) and to close.
constexpr std::chrono::milliseconds k_linger{1'000};

}  // namespace

Connection::Connection(std::shared_ptr<const ServerContext> context, int socket, std::string peer,
                       const ConnectionSurroundings& surroundings)
    : m_surroundings(surroundings),
      m_socket(socket),
      m_address(std::move(peer)),
      m_stream(std::move(context), socket) {
  enter(Phase::handshake, m_surroundings.limits.handshake);
}

void Connection::enter(Phase phase, std::chrono::milliseconds time) {
  m_phase = phase;
  m_deadline = m_surroundings.clock.monotonic() + time;
}

void Connection::refuse(TurnedAway why) {
  m_surroundings.observer.refused(
      {.address = m_address, .why = std::move(why), .presented = m_stream.presented()});
}

Connection::Next Connection::advance() {
  // A client that always has something to say must not put its own deadline off.
  if (m_phase != Phase::over && m_surroundings.clock.monotonic() >= m_deadline) return expire();
  m_stream.begin_turn();
  switch (m_phase) {
    case Phase::handshake:
      return step_handshake();
    case Phase::request:
      return step_request();
    case Phase::going_on:
      return step_going_on();
    case Phase::response:
      return step_response();
    case Phase::lingering:
      return step_lingering();
    case Phase::over:
      break;
  }
  return finish();
}

Connection::Next Connection::expire() {
  // A timer of an earlier step may go off just as the next one has begun.
  if (m_surroundings.clock.monotonic() < m_deadline) {
    return {.wait = Next::Wait::turn, .deadline = m_deadline};
  }
  switch (m_phase) {
    case Phase::handshake:
      refuse({.by = TurnedAway::By::client,
              .reason = "the handshake took too long (slow or silent client)"});
      return finish();
    case Phase::request:
      // Silent between two requests: ended without a word, as HTTP has it. In the midst of one:
      // 408.
      if (m_received.empty() && !m_reader) {
        m_stream.close_notify();
        return linger();
      }
      return answer(
          {.status = 408, .content_type = "text/plain", .body = "the request took too long\n"},
          "GET", KeepAlive::no);
    case Phase::going_on:
    case Phase::response:
    case Phase::lingering:
    case Phase::over:
      break;
  }
  return finish();
}

Connection::Next Connection::wind_down() {
  m_winding_down = true;
  m_keep_alive = KeepAlive::no;
  if (m_phase == Phase::response) return step_response();
  if (m_phase == Phase::handshake) {
    refuse(
        {.by = TurnedAway::By::us, .reason = "the listener ended in the midst of the handshake"});
  }
  if (m_phase == Phase::request) m_stream.close_notify();
  return finish();
}

Connection::Next Connection::wait_for(Io io) const {
  const auto wait = io == Io::want_write  ? Next::Wait::writable
                    : io == Io::turn_over ? Next::Wait::turn
                                          : Next::Wait::readable;
  return {.wait = wait, .deadline = m_deadline};
}

Connection::Next Connection::finish() {
  m_phase = Phase::over;
  return {.wait = Next::Wait::over, .deadline = m_deadline};
}

Connection::Next Connection::step_handshake() {
  const Io io = m_stream.handshake();
  if (is_pending(io)) return wait_for(io);
  if (io != Io::done) {
    refuse(*m_stream.turned_away());
    if (m_stream.turned_away()->spoke == TurnedAway::Spoke::http) answer_plainly();
    return linger();
  }
  Peer peer = m_stream.peer();
  peer.address = m_address;
  m_surroundings.observer.accepted(peer);
  expect_request();
  enter(Phase::request, m_surroundings.limits.request);
  return step_request();
}

/// Without TLS, to a client that sent none (libssl said nothing to it): as far as the socket takes
/// it at once.
void Connection::answer_plainly() const {
  const std::string octets =
      to_octets({.status = 400,
                 .content_type = "text/plain",
                 .body = "this port speaks TLS, and the request came without: write https://\n"},
                {.method = "GET", .keep_alive = KeepAlive::no, .now = m_surroundings.clock.now()});
  static_cast<void>(::send(m_socket, octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

void Connection::expect_request() {
  m_reader.reset();
  m_response.clear();
  m_response.shrink_to_fit();
  m_sent = 0;
}

Connection::Next Connection::step_request() {
  std::array<std::uint8_t, k_read_size> octets{};
  for (;;) {
    if (!m_received.empty()) {
      if (!m_reader) {
        m_reader = std::make_unique<ServedRequestReader>(m_surroundings.limits.http);
        enter(Phase::request, m_surroundings.limits.request);
      }
      switch (m_reader->feed(m_received)) {
        case ServedRequestReader::State::bad:
          return answer(m_reader->objection(), "GET", KeepAlive::no);
        case ServedRequestReader::State::complete: {
          Peer peer = m_stream.peer();
          peer.address = m_address;
          const ServedRequest request = m_reader->request();
          return answer(m_surroundings.handler(request, peer), request.method,
                        m_winding_down ? KeepAlive::no : m_reader->keep_alive());
        }
        case ServedRequestReader::State::waits:
          m_response = k_go_on;
          m_sent = 0;
          m_phase = Phase::going_on;  // within the time of the request
          return {.wait = Next::Wait::turn, .deadline = m_deadline};
        case ServedRequestReader::State::more:
          break;
      }
    }
    const ServerStream::Transfer transfer = m_stream.read(octets);
    if (is_pending(transfer.io)) return wait_for(transfer.io);
    if (transfer.io != Io::done) {
      if (transfer.io == Io::closed) m_stream.close_notify();
      return finish();
    }
    m_received.append(reinterpret_cast<const char*>(octets.data()), transfer.count);
  }
}

Connection::Next Connection::answer(const ServedResponse& response, const std::string& method,
                                    KeepAlive keep_alive) {
  m_response = to_octets(
      response, {.method = method, .keep_alive = keep_alive, .now = m_surroundings.clock.now()});
  m_sent = 0;
  m_keep_alive = keep_alive;
  enter(Phase::response, m_surroundings.limits.response);
  return step_response();
}

/// What to do instead of going on; nothing once all of m_response is sent.
std::optional<Connection::Next> Connection::send() {
  while (m_sent < m_response.size()) {
    const ServerStream::Transfer transfer =
        m_stream.write(as_bytes(std::string_view(m_response).substr(m_sent)));
    if (is_pending(transfer.io)) return wait_for(transfer.io);
    if (transfer.io != Io::done) return finish();
    m_sent += transfer.count;
  }
  return std::nullopt;
}

Connection::Next Connection::step_going_on() {
  if (const auto next = send()) return *next;
  m_phase = Phase::request;
  return {.wait = Next::Wait::turn, .deadline = m_deadline};
}

Connection::Next Connection::step_response() {
  if (const auto next = send()) return *next;
  if (m_keep_alive == KeepAlive::no) {
    m_stream.close_notify();
    return m_winding_down ? finish() : linger();
  }
  expect_request();
  enter(Phase::request, m_surroundings.limits.idle);
  // The next request may be there already; its turn comes after the other connections'.
  return {.wait = Next::Wait::turn, .deadline = m_deadline};
}

/// Closing while the client still sends makes the kernel answer with a reset, which can overtake
/// what we said last. So: no more from us, and read until it closes.
Connection::Next Connection::linger() {
  if (m_winding_down) return finish();
  ::shutdown(m_socket, SHUT_WR);
  enter(Phase::lingering, k_linger);
  return step_lingering();
}

Connection::Next Connection::step_lingering() {
  std::array<std::uint8_t, k_read_size> octets{};
  constexpr int k_most_reads = 64;  // a client that never ends is not listened to
  for (int i = 0; i < k_most_reads; ++i) {
    const ssize_t count = ::recv(m_socket, octets.data(), octets.size(), MSG_DONTWAIT);
    if (count > 0) continue;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait_for(Io::want_read);
    return finish();
  }
  return finish();
}

}  // namespace mtls::tls
