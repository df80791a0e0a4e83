#include "tls/server_stream.hpp"

#include "base/escape.hpp"
#include "ossl/openssl_error.hpp"

namespace mtls::tls {
namespace {

std::string text_or_empty(const char* text) { return text == nullptr ? "" : printable(text); }

}  // namespace

ServerStream::ServerStream(std::shared_ptr<const ServerContext> context, int socket)
    : m_context(std::move(context)),
      m_check{.judge = m_context->judge(), .client_auth = m_context->client_auth()},
      m_ssl(ossl::require_pointer(SSL_new(m_context->native()), "SSL_new")) {
  attach(m_ssl.get(), m_check);
  BIO* const bio = make_turn_bio(socket, m_budget).release();
  SSL_set_bio(m_ssl.get(), bio, bio);  // takes it over
  SSL_set_accept_state(m_ssl.get());
}

Io ServerStream::settle(int result) {
  switch (SSL_get_error(m_ssl.get(), result)) {
    case SSL_ERROR_NONE:
      return Io::done;
    case SSL_ERROR_WANT_READ:
      return m_budget.exhausted ? Io::turn_over : Io::want_read;
    case SSL_ERROR_WANT_WRITE:
      return Io::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return Io::closed;
    default:
      return Io::failed;
  }
}

Io ServerStream::handshake() {
  ossl::clear_queue();
  const int result = SSL_do_handshake(m_ssl.get());
  const Io io = settle(result);
  if (is_pending(io)) return io;
  if (io == Io::done && result == 1) return admit();
  m_turned_away = explain({.entries = ossl::drain_entries(),
                           .verdict = m_check.verdict,
                           .client_subject = m_check.presented.empty()
                                                 ? std::string()
                                                 : m_check.presented.front().subject().to_text()});
  return io == Io::closed ? Io::closed : Io::failed;
}

/// Everything once more, now that libssl says that the handshake is complete: its result alone is
/// not relied on.
std::optional<TurnedAway> ServerStream::objection() {
  const auto refuse = [](const char* reason) {
    return TurnedAway{.by = TurnedAway::By::us, .reason = reason};
  };
  if (m_context->client_auth() == ClientAuth::none) return std::nullopt;
  const X509* const own = SSL_get0_peer_certificate(m_ssl.get());
  if (own == nullptr) {
    if (m_context->client_auth() == ClientAuth::optional) return std::nullopt;
    return refuse("no client certificate, and one is required");
  }
  if (SSL_get_verify_result(m_ssl.get()) != X509_V_OK) {
    return refuse("libssl did not accept the client's certificate");
  }
  const auto& verdict =
      m_peer.session == Peer::Session::resumed ? m_check.resumed_verdict : m_check.verdict;
  if (!verdict || verdict->answer != PeerVerdict::Answer::accepted || verdict->path.empty()) {
    return refuse("the client's certificate was not judged");
  }
  if (!(verdict->path.front() == to_certificate(own))) {
    return refuse("the client's certificate is not the one that was judged");
  }
  m_peer.path = verdict->path;
  return std::nullopt;
}

Io ServerStream::admit() {
  SSL* const ssl = m_ssl.get();
  m_peer.session = SSL_session_reused(ssl) == 1 ? Peer::Session::resumed : Peer::Session::full;
  m_peer.version = text_or_empty(SSL_get_version(ssl));
  m_peer.cipher = text_or_empty(SSL_get_cipher_name(ssl));
  m_peer.server_name = text_or_empty(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
  m_turned_away = objection();
  return m_turned_away ? Io::failed : Io::done;
}

ServerStream::Transfer ServerStream::read(std::span<std::uint8_t> into) {
  ossl::clear_queue();
  std::size_t count = 0;
  const int result = SSL_read_ex(m_ssl.get(), into.data(), into.size(), &count);
  return {.io = settle(result), .count = count};
}

ServerStream::Transfer ServerStream::write(ByteView from) {
  ossl::clear_queue();
  std::size_t count = 0;
  const int result = SSL_write_ex(m_ssl.get(), from.data(), from.size(), &count);
  return {.io = settle(result), .count = count};
}

void ServerStream::close_notify() {
  ossl::clear_queue();
  // After a fatal error libssl must not be asked again (SSL_shutdown(3)).
  if (!m_turned_away && SSL_is_init_finished(m_ssl.get()) == 1) SSL_shutdown(m_ssl.get());
  ossl::clear_queue();
}

}  // namespace mtls::tls
