// The other end of a ServerStream: libssl's client on a pair of sockets, in the same thread.
#pragma once

#include "lib/verify/pki.hpp"
#include "tls/server_context.hpp"
#include "tls/ssl_handle.hpp"

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace mtls::tls::test {

/// Two connected sockets that do not block.
class SocketPair final {
 public:
  SocketPair();
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;
  ~SocketPair();
  [[nodiscard]] int server() const noexcept { return m_ends[0]; }
  [[nodiscard]] int client() const noexcept { return m_ends[1]; }
  void close_client();

 private:
  std::array<int, 2> m_ends{-1, -1};
};

/// A client with an identity of the test's PKI, or with none.
class Client final {
 public:
  Client(int socket, const std::optional<verify::test::Entity>& identity, int version);
  [[nodiscard]] SSL* get() const noexcept { return m_ssl.get(); }
  /// One step of the handshake, or of reading what comes after it; errors are dropped.
  void step();
  [[nodiscard]] bool finished() const noexcept { return SSL_is_init_finished(m_ssl.get()) == 1; }
  void write(const std::string& text);
  /// All that has come.
  [[nodiscard]] const std::string& received() const noexcept { return m_received; }
  /// The alert that came last, by its number; 0 if none.
  [[nodiscard]] int alert() const noexcept { return m_alert; }
  [[nodiscard]] SslHandle<SSL_SESSION> session() const;

 private:
  SslHandle<SSL_CTX> m_context;
  SslHandle<SSL> m_ssl;
  std::string m_received;
  int m_alert = 0;
};

/// Says what it is told to.
class FakeJudge final : public PeerJudge {
 public:
  [[nodiscard]] PeerVerdict judge(const std::vector<x509::Certificate>& presented) const override;
  /// Nothing: accepts, with the path as presented.
  std::optional<PeerVerdict> verdict;
  bool throws = false;
  mutable int asked = 0;
};

/// A context for localhost, signed by the test's root.
[[nodiscard]] std::shared_ptr<const ServerContext> make_context(std::shared_ptr<FakeJudge> judge,
                                                                ClientAuth client_auth);

}  // namespace mtls::tls::test
