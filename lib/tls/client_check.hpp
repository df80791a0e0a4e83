// How libssl's callbacks ask the judge. Private to this room.
#pragma once

#include "tls/peer_judge.hpp"
#include "tls/server_settings.hpp"
#include "tls/ssl_handle.hpp"

#include <optional>
#include <vector>

namespace mtls::tls {

/// What one handshake's callbacks find out; belongs to the ServerStream of the SSL.
struct ClientCheck {
  const PeerJudge* judge;
  ClientAuth client_auth;
  /// What the client sent in this handshake, or what its ticket had; its own first.
  std::vector<x509::Certificate> presented = {};
  std::optional<PeerVerdict> verdict = {};
  /// Of the session in its ticket, judged anew.
  std::vector<x509::Certificate> resumed = {};
  std::optional<PeerVerdict> resumed_verdict = {};
};

/// Makes `check` the one that callbacks of `ssl` fill; it must outlive the handshake.
void attach(SSL* ssl, ClientCheck& check);
/// Installs the callbacks: certificates, tickets, ALPN.
void install_callbacks(SSL_CTX* context);
/// Returns our form of a certificate that libssl holds. Throws malformed.
[[nodiscard]] x509::Certificate to_certificate(const X509* certificate);

}  // namespace mtls::tls
