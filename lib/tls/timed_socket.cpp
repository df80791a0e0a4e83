#include "tls/timed_socket.hpp"

// Boost 1.74's Asio does not include what it needs of it.
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace mtls::tls {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

IoResult classify(const error_code& error) {
  if (!error) return IoResult::done;
  if (error == asio::error::eof) return IoResult::end_of_file;
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe ||
      error == asio::error::connection_aborted) {
    return IoResult::reset;
  }
  if (error == asio::error::connection_refused) return IoResult::refused;
  if (error == asio::error::host_unreachable || error == asio::error::network_unreachable ||
      error == asio::error::network_down || error == asio::error::address_family_not_supported ||
      error.value() == EADDRNOTAVAIL) {
    return IoResult::unreachable;
  }
  if (error == asio::error::timed_out || error == asio::error::operation_aborted) {
    return IoResult::timed_out;
  }
  return IoResult::failed;
}

}  // namespace

struct TimedSocket::Data {
  asio::io_context io;
  asio::ip::tcp::socket socket{io};
  std::array<std::uint8_t, 16384> buffer{};
  std::string error_text;

  /// Starts an operation, which calls back with its error, and waits for it until `deadline`.
  template <class Start>
  IoResult run(MonotonicTime deadline, Start&& start) {
    bool finished = false;
    error_code outcome;
    start([&finished, &outcome](const error_code& error, auto&&... /*more*/) {
      finished = true;
      outcome = error;
    });
    io.restart();
    io.run_until(deadline);
    if (!finished) {
      error_code ignored;
      socket.cancel(ignored);
      io.restart();
      io.run();
      // An operation that could end at once is no longer to be cancelled. It came too late all the
      // same, or whoever always has something to say would never be timed out.
      outcome = asio::error::timed_out;
    }
    const IoResult result = classify(outcome);
    error_text = outcome ? outcome.message() : std::string();
    return result;
  }
};

TimedSocket::TimedSocket() : m_data(std::make_unique<Data>()) {}
TimedSocket::~TimedSocket() = default;

IoResult TimedSocket::connect(const Address& address, MonotonicTime deadline) {
  error_code error;
  const auto ip = asio::ip::make_address(address.ip, error);
  if (error) {
    m_data->error_text = error.message();
    return IoResult::failed;
  }
  const asio::ip::tcp::endpoint endpoint(ip, address.port);
  const IoResult result = m_data->run(deadline, [&](auto&& done) {
    m_data->socket.async_connect(endpoint, std::forward<decltype(done)>(done));
  });
  if (result == IoResult::done) m_data->socket.set_option(asio::ip::tcp::no_delay(true), error);
  return result;
}

IoResult TimedSocket::read(Bytes& into, MonotonicTime deadline) {
  std::size_t count = 0;
  const IoResult result = m_data->run(deadline, [&](auto&& done) {
    m_data->socket.async_read_some(asio::buffer(m_data->buffer),
                                   [&count, done = std::forward<decltype(done)>(done)](
                                       const error_code& error, std::size_t octets) mutable {
                                     count = octets;
                                     done(error);
                                   });
  });
  into.insert(into.end(), m_data->buffer.data(), m_data->buffer.data() + count);
  return result;
}

IoResult TimedSocket::write(ByteView octets, MonotonicTime deadline) {
  return m_data->run(deadline, [&](auto&& done) {
    asio::async_write(m_data->socket, asio::buffer(octets.data(), octets.size()),
                      std::forward<decltype(done)>(done));
  });
}

const std::string& TimedSocket::error_text() const noexcept { return m_data->error_text; }

}  // namespace mtls::tls
