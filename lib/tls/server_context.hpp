// What all connections of a listener share until the next reload: certificate, key, CA set, ticket
// keys.
#pragma once

#include "ossl/context.hpp"
#include "tls/peer_judge.hpp"
#include "tls/server_settings.hpp"

#include <memory>

struct ssl_ctx_st;

namespace mtls::tls {

/// libssl's server side, set up once. Ticket keys are its own and random, and its session id
/// context is made of the CA set and a random number: a session of one context never resumes under
/// another, so making a new one ends all sessions of the old. No raw public keys, no early data, no
/// renegotiation. A resumed session is judged again. Immutable; safe to use from threads if the
/// judge is.
class ServerContext final {
 public:
  /// Throws bad_config where key and chain are none that libssl can serve, internal otherwise.
  /// `judge` may be null only where settings.client_auth is none.
  [[nodiscard]] static std::shared_ptr<const ServerContext> make(
      const ServerSettings& settings, std::shared_ptr<const PeerJudge> judge,
      const ossl::Context& context);
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;
  ~ServerContext();

  [[nodiscard]] ssl_ctx_st* native() const noexcept { return m_native; }
  [[nodiscard]] ClientAuth client_auth() const noexcept { return m_client_auth; }
  [[nodiscard]] const PeerJudge* judge() const noexcept { return m_judge.get(); }

 private:
  ServerContext(ssl_ctx_st* native, ClientAuth client_auth, std::shared_ptr<const PeerJudge> judge)
      : m_native(native), m_client_auth(client_auth), m_judge(std::move(judge)) {}
  ssl_ctx_st* m_native;  // owned
  ClientAuth m_client_auth;
  std::shared_ptr<const PeerJudge> m_judge;
};

}  // namespace mtls::tls
