#include "tls/listener.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "tls/connection.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <list>
#include <utility>  // Boost 1.74's Asio needs it before itself

namespace mtls::tls {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds k_tick{100};
constexpr std::chrono::milliseconds k_wind_down{500};
/// SIGHUPs that come within are one.
constexpr std::chrono::milliseconds k_gather{10};
/// Descriptors that are not connections: standard streams, the ledger, the event loop.
constexpr std::size_t k_other_descriptors = 32;

/// Raises the soft limit on descriptors to the hard one and returns how many connections fit.
std::size_t make_room(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  const auto most = static_cast<std::size_t>(limit.rlim_cur);
  return std::min(wanted, most > 2 * k_other_descriptors ? most - k_other_descriptors : most / 2);
}

std::string to_text(const tcp::endpoint& endpoint) {
  return host_port_text(endpoint.address().to_string(), endpoint.port());
}

[[noreturn]] void fail(const HostPort& address, const error_code& error) {
  const bool denied = error == asio::error::access_denied;
  const bool in_use = error == asio::error::address_in_use;
  const bool too_few = error == asio::error::no_descriptors;
  throw Error(denied ? Errc::permission : Errc::io,
              format("cannot listen on {}: {}", address.text(), error.message()),
              in_use   ? "something listens there already: choose another port, or 0 for a free one"
              : denied ? "ports under 1024 are for root: choose another"
              : too_few ? "raise the limit on open files (ulimit -n)"
                        : "give an address of this machine");
}

/// Asio does not say SOCK_CLOEXEC.
template <class Socket>
void close_on_exec(Socket& socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

/// A socket with its connection. Whoever waits for it holds it.
struct Slot {
  Slot(asio::io_context& io, tcp::socket taken) : socket(std::move(taken)), timer(io) {}
  tcp::socket socket;
  asio::steady_timer timer;
  std::unique_ptr<Connection> connection;
  std::list<std::shared_ptr<Slot>>::iterator place;
  /// Counts what it waited for, so that only the newest wait has an effect.
  std::uint64_t step = 0;
};

}  // namespace

struct Listener::Data {
  explicit Data(Parts given)
      : parts(std::move(given)),
        context(parts.context),
        most_connections(make_room(parts.limits.connections)),
        surroundings{.limits = parts.limits,
                     .handler = parts.handler,
                     .observer = parts.observer,
                     .clock = parts.clock},
        acceptor(io),
        endings(io, SIGTERM, SIGINT),
        hangups(io, SIGHUP),
        reload_due(io),
        ticks(io),
        end(io) {}

  void open();
  void await_ending();
  void await_hangup();
  void reload_soon();
  void await_tick();
  void await_accept();
  void take(tcp::socket socket, const tcp::endpoint& peer);
  void follow(const std::shared_ptr<Slot>& slot, const Connection::Next& next);
  void advance(const std::shared_ptr<Slot>& slot, std::uint64_t step);
  void perform(const std::shared_ptr<Slot>& slot, Connection::Next (Connection::*step)());
  void drop(const std::shared_ptr<Slot>& slot);
  void stop();

  Parts parts;
  std::shared_ptr<const ServerContext> context;
  std::size_t most_connections;
  ConnectionSurroundings surroundings;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::signal_set endings;
  asio::signal_set hangups;
  asio::steady_timer reload_due;
  asio::steady_timer ticks;
  asio::steady_timer end;
  std::list<std::shared_ptr<Slot>> slots;
  bool reload_awaited = false;
  bool stopping = false;
};

void Listener::Data::open() {
  const HostPort& wanted = parts.address;
  error_code error;
  const asio::ip::address address = asio::ip::make_address(wanted.host, error);
  if (error) {
    throw Error(Errc::usage, format("{} is no IP address", printable(wanted.host)),
                "write 127.0.0.1:8443 or [::1]:8443");
  }
  const tcp::endpoint endpoint(address, wanted.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor.non_blocking(true, error);
  // One more must be left, or it would never accept anybody.
  const int spare = error ? -1 : ::dup(acceptor.native_handle());
  if (!error && spare < 0) error.assign(errno, boost::system::system_category());
  if (error) fail(wanted, error);
  ::close(spare);
  close_on_exec(acceptor);
}

void Listener::Data::await_ending() {
  endings.async_wait([this](const error_code& error, int /*number*/) {
    if (!error) stop();
  });
}

void Listener::Data::await_hangup() {
  hangups.async_wait([this](const error_code& error, int /*number*/) {
    if (error) return;
    if (!reload_awaited) reload_soon();
    await_hangup();
  });
}

void Listener::Data::reload_soon() {
  reload_awaited = true;
  reload_due.expires_after(k_gather);
  reload_due.async_wait([this](const error_code& error) {
    if (error || stopping) return;
    reload_awaited = false;
    if (auto renewed = parts.observer.reload()) context = std::move(renewed);
  });
}

void Listener::Data::await_tick() {
  ticks.expires_after(k_tick);
  ticks.async_wait([this](const error_code& error) {
    if (error) return;
    parts.observer.tick();
    await_tick();
  });
}

void Listener::Data::await_accept() {
  acceptor.async_accept([this](const error_code& error, tcp::socket socket) {
    if (stopping) return;
    if (!error) {
      error_code gone;
      const tcp::endpoint peer = socket.remote_endpoint(gone);
      if (!gone) take(std::move(socket), peer);
    } else if (error != asio::error::connection_aborted) {
      // No descriptors or memory: again once others have ended, not in a circle.
      end.expires_after(k_tick);
      end.async_wait([this](const error_code& cancelled) {
        if (!cancelled && !stopping) await_accept();
      });
      return;
    }
    await_accept();
  });
}

void Listener::Data::take(tcp::socket socket, const tcp::endpoint& peer) {
  const auto refuse = [&](std::string reason) {
    parts.observer.refused({.address = to_text(peer),
                            .why = {.by = TurnedAway::By::us, .reason = std::move(reason)},
                            .presented = {}});
  };
  if (slots.size() >= most_connections) {
    refuse(format("too many connections: there are {} already", slots.size()));
    return;
  }
  error_code error;
  socket.non_blocking(true, error);
  if (!error) socket.set_option(tcp::no_delay(true), error);
  if (error) return;
  close_on_exec(socket);
  auto slot = std::make_shared<Slot>(io, std::move(socket));
  try {
    slot->connection = std::make_unique<Connection>(context, slot->socket.native_handle(),
                                                    to_text(peer), surroundings);
  } catch (const Error& failure) {
    refuse(failure.message());
    return;
  }
  slot->place = slots.insert(slots.end(), slot);
  advance(slot, slot->step);
}

// "Recursion" here is a handler that the event loop calls later.
// NOLINTBEGIN(misc-no-recursion)
void Listener::Data::advance(const std::shared_ptr<Slot>& slot, std::uint64_t step) {
  if (slot->place == slots.end() || slot->step != step) return;  // dropped, or overtaken
  perform(slot, &Connection::advance);
}

/// What fails for one connection ends that one.
void Listener::Data::perform(const std::shared_ptr<Slot>& slot,
                             Connection::Next (Connection::*step)()) {
  try {
    follow(slot, ((*slot->connection).*step)());
  } catch (const Error& failure) {
    parts.observer.refused({.address = slot->connection->address(),
                            .why = {.by = TurnedAway::By::us, .reason = failure.message()},
                            .presented = {}});
    drop(slot);
  }
}

void Listener::Data::follow(const std::shared_ptr<Slot>& slot, const Connection::Next& next) {
  using Wait = Connection::Next::Wait;
  const std::uint64_t step = ++slot->step;
  switch (next.wait) {
    case Wait::over:
      drop(slot);
      return;
    case Wait::turn:
      asio::post(io, [this, slot, step] { advance(slot, step); });
      return;
    case Wait::readable:
    case Wait::writable:
      break;
  }
  slot->socket.async_wait(
      next.wait == Wait::writable ? tcp::socket::wait_write : tcp::socket::wait_read,
      [this, slot, step](const error_code& error) {
        if (!error) advance(slot, step);
      });
  if (slot->timer.expiry() == next.deadline) return;
  slot->timer.expires_at(next.deadline);
  slot->timer.async_wait([this, slot](const error_code& error) {
    if (error || slot->place == slots.end()) return;
    slot->socket.cancel();
    perform(slot, &Connection::expire);
  });
}

// NOLINTEND(misc-no-recursion)

void Listener::Data::drop(const std::shared_ptr<Slot>& slot) {
  if (slot->place == slots.end()) return;
  slots.erase(slot->place);
  slot->place = slots.end();
  slot->timer.cancel();
  error_code ignored;
  slot->connection.reset();
  slot->socket.close(ignored);
}

void Listener::Data::stop() {
  if (stopping) return;
  stopping = true;
  error_code ignored;
  acceptor.close(ignored);
  ticks.cancel();
  reload_due.cancel();
  for (auto at = slots.begin(); at != slots.end();) {
    const std::shared_ptr<Slot> slot = *at++;
    slot->socket.cancel(ignored);
    perform(slot, &Connection::wind_down);
  }
  end.expires_after(slots.empty() ? std::chrono::milliseconds(0) : k_wind_down);
  end.async_wait([this](const error_code&) { io.stop(); });
}

Listener::Listener(Parts parts) {
  const HostPort address = parts.address;
  try {
    m_data = std::make_unique<Data>(std::move(parts));
  } catch (const boost::system::system_error& error) {  // what Asio needs for itself
    fail(address, error.code());
  }
  m_data->open();
}

Listener::~Listener() = default;

HostPort Listener::address() const {
  error_code error;
  const tcp::endpoint local = m_data->acceptor.local_endpoint(error);
  if (error) fail(m_data->parts.address, error);
  return {.host = local.address().to_string(), .port = local.port()};
}

void Listener::run() {
  m_data->await_ending();
  m_data->await_hangup();
  m_data->await_tick();
  m_data->await_accept();
  m_data->io.run();
}

}  // namespace mtls::tls
