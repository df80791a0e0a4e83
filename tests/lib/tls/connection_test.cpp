// The life of a connection against a clock that is set by hand.
#include "tls/connection.hpp"

#include "lib/tls/tls_client.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace mtls::tls::test {
namespace {

using Wait = Connection::Next::Wait;
using verify::test::client;

class HandClock final : public Clock {
 public:
  [[nodiscard]] UnixTime now() const override { return verify::test::judging_time(); }
  [[nodiscard]] MonotonicTime monotonic() const override { return time; }
  MonotonicTime time{};
};

class Notes final : public ListenerObserver {
 public:
  void accepted(const Peer& peer) override { text += "accepted " + peer.address + "\n"; }
  void refused(const RefusedPeer& peer) override { text += "refused " + peer.why.reason + "\n"; }
  std::shared_ptr<const ServerContext> reload() override { return nullptr; }
  void tick() override {}
  std::string text;
};

/// A connection, its client, and all around.
struct Desk {
  explicit Desk(int version = TLS1_3_VERSION)
      : other(sockets.client(), client(), version),
        connection(make_context(std::make_shared<FakeJudge>(), ClientAuth::require),
                   sockets.server(), "192.0.2.1:5", surroundings) {}

  /// Both sides go on until nothing more happens.
  Connection::Next run() {
    Connection::Next next = connection.advance();
    for (int i = 0; i < 10 && next.wait != Wait::over; ++i) {
      other.step();
      next = connection.advance();
    }
    other.step();
    return next;
  }

  HandClock clock;
  Notes notes;
  ListenerLimits limits{};
  HttpHandler handler = [](const ServedRequest& request, const Peer& peer) {
    return ServedResponse{.status = 200,
                          .content_type = "text/plain",
                          .body = request.target + " for " + peer.address,
                          .fields = {}};
  };
  ConnectionSurroundings surroundings{
      .limits = limits, .handler = handler, .observer = notes, .clock = clock};
  SocketPair sockets;
  Client other;
  Connection connection;
};

constexpr const char* k_request = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_CASE("handshake, requests, and the end that the client asks for") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Desk desk(version);
    CHECK(desk.run().wait == Wait::readable);
    CHECK(desk.notes.text == "accepted 192.0.2.1:5\n");
    desk.other.write(k_request);
    CHECK(desk.run().wait == Wait::readable);
    CHECK(desk.other.received().find("/x for 192.0.2.1:5") != std::string::npos);
    desk.other.write("GET /last HTTP/1.1\r\nConnection: close\r\n\r\n");
    desk.run();
    CHECK(desk.other.received().find("/last for") != std::string::npos);
    desk.sockets.close_client();
    CHECK(desk.connection.advance().wait == Wait::over);
    CHECK(desk.notes.text == "accepted 192.0.2.1:5\n");
  }
}

TEST_CASE("each step has its time, which slow octets do not stretch") {
  Desk desk;
  const MonotonicTime start = desk.clock.time;
  CHECK(desk.connection.advance().deadline == start + desk.limits.handshake);
  desk.clock.time += std::chrono::seconds(1);
  Connection::Next next = desk.run();
  CHECK(next.deadline == desk.clock.time + desk.limits.request);
  const MonotonicTime first_octet = desk.clock.time;
  for (const char octet : std::string(k_request).substr(0, 20)) {
    desk.other.write(std::string(1, octet));
    next = desk.connection.advance();
    CHECK(next.deadline == first_octet + desk.limits.request);
    desk.clock.time += std::chrono::milliseconds(100);
  }
  CHECK(desk.connection.expire().wait == Wait::turn);  // too early: nothing happens
  desk.clock.time = next.deadline;
  static_cast<void>(desk.connection.expire());
  desk.other.step();
  CHECK(desk.other.received().find("HTTP/1.1 408 ") == 0);
}

TEST_CASE("a client that holds its body back is told to go on, within the time of the request") {
  Desk desk;
  desk.run();
  desk.other.write("PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const MonotonicTime begun = desk.clock.time;
  CHECK(desk.connection.advance().wait == Wait::turn);
  desk.clock.time += std::chrono::seconds(1);
  const Connection::Next next = desk.run();
  CHECK(desk.other.received() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(next.wait == Wait::readable);
  CHECK(next.deadline == begun + desk.limits.request);
  desk.other.write("ab");
  desk.run();
  CHECK(desk.other.received().find("HTTP/1.1 200 OK\r\n") != std::string::npos);
  CHECK(desk.other.received().find("100 Continue", 20) == std::string::npos);  // once
}

TEST_CASE("between two requests there is the idle time, and no word at its end") {
  Desk desk;
  desk.run();
  desk.other.write(k_request);
  const Connection::Next next = desk.run();
  CHECK(next.deadline == desk.clock.time + desk.limits.idle);
  const std::string before = desk.other.received();
  desk.clock.time = next.deadline;
  static_cast<void>(desk.connection.expire());
  desk.other.step();
  CHECK(desk.other.received() == before);
  CHECK(SSL_get_shutdown(desk.other.get()) == SSL_RECEIVED_SHUTDOWN);
}

TEST_CASE("a silent client is told of in one line, and let go") {
  Desk desk;
  CHECK(desk.connection.advance().wait == Wait::readable);
  desk.clock.time += desk.limits.handshake;
  CHECK(desk.connection.expire().wait == Wait::over);
  CHECK(desk.notes.text == "refused the handshake took too long (slow or silent client)\n");
}

TEST_CASE("pipelined requests give the others a turn in between") {
  Desk desk;
  desk.run();
  desk.other.write(std::string(k_request) + k_request + k_request);
  for (int i = 0; i < 3; ++i) CHECK(desk.connection.advance().wait == Wait::turn);
  CHECK(desk.connection.advance().wait == Wait::readable);
}

/// Sends KeyUpdates (RFC 8446 section 4.6.3) until the sockets hold no more; how many.
int flood_with_key_updates(Client& client) {
  SSL_do_handshake(client.get());  // the one that did not fit the last time
  int count = 0;
  while (SSL_key_update(client.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
         SSL_do_handshake(client.get()) == 1) {
    ++count;
  }
  return count;
}

TEST_CASE("a flood of KeyUpdates is worked through in turns, within the time of the request") {
  Desk desk;
  desk.run();
  desk.other.write("GET");
  const Connection::Next begun = desk.connection.advance();
  const int sent = flood_with_key_updates(desk.other);
  REQUIRE(sent > 200);  // what a pair of sockets holds
  int turns = 1;
  while (desk.connection.advance().wait == Wait::turn) ++turns;
  CHECK(turns >= sent / 32);
  REQUIRE(flood_with_key_updates(desk.other) > 100);
  desk.clock.time = begun.deadline - std::chrono::milliseconds(1);
  CHECK(desk.connection.advance().wait == Wait::turn);
  desk.clock.time = begun.deadline;
  CHECK(desk.connection.advance().deadline != begun.deadline);  // 408, and it lingers
  CHECK(desk.connection.advance().wait != Wait::turn);
  desk.clock.time += std::chrono::seconds(1);
  CHECK(desk.connection.advance().wait == Wait::over);
}

TEST_CASE("so are records of one octet") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Desk desk(version);
    desk.run();
    desk.other.write("GET / HTTP/1.1\r\nX: ");
    constexpr int k_records = 160;
    for (int i = 0; i < k_records; ++i) desk.other.write("x");
    for (int i = 0; i < k_records / 32; ++i) CHECK(desk.connection.advance().wait == Wait::turn);
    CHECK(desk.connection.advance().wait == Wait::readable);
    desk.other.write("\r\n\r\n");
    desk.run();
    CHECK(desk.other.received().find("HTTP/1.1 200 OK") != std::string::npos);
  }
}

TEST_CASE("so is a ClientHello in records of one octet") {
  Desk desk;
  BIO* const written = BIO_new(BIO_s_mem());
  SSL_set0_wbio(desk.other.get(), written);
  desk.other.step();
  char* data = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(written, &data));
  constexpr std::size_t k_header = 5;
  REQUIRE(size > 100);
  for (std::size_t i = k_header; i < size; ++i) {
    const std::array<char, 6> record{0x16, 3, 1, 0, 1, data[i]};
    REQUIRE(::send(desk.sockets.client(), record.data(), record.size(), 0) == 6);
  }
  for (std::size_t i = 0; i < (size - k_header) / 32; ++i) {
    CHECK(desk.connection.advance().wait == Wait::turn);
  }
  CHECK(desk.connection.advance().wait == Wait::readable);
  SSL_set0_wbio(desk.other.get(), BIO_new_socket(desk.sockets.client(), BIO_NOCLOSE));
  desk.run();
  CHECK(desk.notes.text == "accepted 192.0.2.1:5\n");
}

TEST_CASE("what comes after the deadline does not put it off") {
  Desk desk;
  CHECK(desk.connection.advance().wait == Wait::readable);
  desk.clock.time += desk.limits.handshake;
  desk.other.step();  // its hello comes too late
  CHECK(desk.connection.advance().wait == Wait::over);
  CHECK(desk.notes.text == "refused the handshake took too long (slow or silent client)\n");
}

TEST_CASE("an answer under way is finished when the listener ends, waiting is not") {
  Desk idle;
  idle.run();
  CHECK(idle.connection.wind_down().wait == Wait::over);
  Desk in_handshake;
  CHECK(in_handshake.connection.wind_down().wait == Wait::over);
  CHECK(in_handshake.notes.text == "refused the listener ended in the midst of the handshake\n");

  Desk busy;
  busy.handler = [](const ServedRequest&, const Peer&) {
    return ServedResponse{
        .status = 200, .content_type = "text/plain", .body = std::string(4'000'000, 'x')};
  };
  busy.run();
  const std::size_t before = busy.other.received().size();
  busy.other.write(k_request);
  CHECK(busy.connection.advance().wait == Wait::writable);
  Connection::Next next = busy.connection.wind_down();
  for (int i = 0; i < 10'000 && next.wait == Wait::writable; ++i) {
    busy.other.step();
    next = busy.connection.advance();
  }
  busy.other.step();
  CHECK(next.wait == Wait::over);
  CHECK(busy.other.received().size() - before > 4'000'000);
}

TEST_CASE("whoever speaks plain HTTP is told so in plain HTTP") {
  for (const char* request :
       {k_request, "HEAD / HTTP/1.1\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\n\r\n"}) {
    Desk desk;
    REQUIRE(::send(desk.sockets.client(), request, std::strlen(request), 0) > 0);
    CHECK(desk.connection.advance().wait == Wait::readable);
    std::array<char, 4096> octets{};
    const ssize_t count = ::recv(desk.sockets.client(), octets.data(), octets.size(), 0);
    REQUIRE(count > 0);
    const std::string answer(octets.data(), static_cast<std::size_t>(count));
    CHECK(answer.find("HTTP/1.1 400 Bad Request\r\n") == 0);
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(answer.find("https") != std::string::npos);
    CHECK(desk.notes.text.find("plain HTTP") != std::string::npos);
  }
}

TEST_CASE("a client that goes in the midst of anything ends its connection") {
  for (int steps = 0; steps < 6; ++steps) {
    Desk desk;
    for (int i = 0; i < steps; ++i) {
      static_cast<void>(desk.connection.advance());
      desk.other.step();
    }
    desk.sockets.close_client();
    Connection::Next next = desk.connection.advance();
    for (int i = 0; i < 3 && next.wait != Wait::over; ++i) next = desk.connection.advance();
    CHECK(next.wait == Wait::over);
  }
}

}  // namespace
}  // namespace mtls::tls::test
