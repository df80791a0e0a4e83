// The client's SSL object of one attempt, and what its callbacks noticed. Private to lib/tls.
#pragma once

#include "tls/attempt.hpp"
#include "tls/ssl_handle.hpp"

namespace mtls::tls {

/// A session as libssl has it.
class ClientSession final {
 public:
  explicit ClientSession(SslHandle<SSL_SESSION> session) : m_session(std::move(session)) {}
  [[nodiscard]] SSL_SESSION* get() const noexcept { return m_session.get(); }

 private:
  SslHandle<SSL_SESSION> m_session;
};

/// A client that talks through two memory BIOs: what comes goes into `incoming`, what is to be sent
/// stands in `outgoing`. Its callbacks note into members and never throw.
class ClientSsl final {
 public:
  ClientSsl(const Plan& plan, const ossl::Context& context);
  ClientSsl(const ClientSsl&) = delete;
  ClientSsl& operator=(const ClientSsl&) = delete;
  ~ClientSsl();

  [[nodiscard]] SSL* get() const noexcept { return m_ssl.get(); }
  [[nodiscard]] BIO* incoming() const noexcept { return SSL_get_rbio(m_ssl.get()); }
  [[nodiscard]] BIO* outgoing() const noexcept { return SSL_get_wbio(m_ssl.get()); }

  /// What the callbacks saw.
  struct Seen {
    bool server_hello = false;
    bool ticket = false;
    bool requested = false;
    bool sent = false;
    bool signed_by_us = false;
    int fatal_alert = -1;  // received
    int verify_error = X509_V_OK;
    bool verified = false;  // the server's certificate was looked at
  };
  [[nodiscard]] const Seen& seen() const noexcept { return m_seen; }
  /// Puts what is known by now into `record`; decodes names and certificates.
  void describe(Record& record) const;

 private:
  void load(const Identity& identity);
  void trust(const ServerTrust& trust);

  static int on_verify(X509_STORE_CTX* store, void* self);
  static int on_certificate(SSL* ssl, void* self);
  static int on_session(SSL* ssl, SSL_SESSION* session);
  static void on_message(int write, int version, int type, const void* octets, std::size_t size,
                         SSL* ssl, void* self);
  static void on_info(const SSL* ssl, int where, int value);
  static ClientSsl& self_of(const SSL* ssl);

  Distrust m_distrust;
  SslHandle<SSL_CTX> m_context;
  SslHandle<SSL> m_ssl;
  SslHandle<SSL_SESSION> m_session;
  Seen m_seen;
};

}  // namespace mtls::tls
