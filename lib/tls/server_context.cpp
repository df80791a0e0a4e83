#include "tls/server_context.hpp"

#include "base/error.hpp"
#include "ossl/openssl_error.hpp"
#include "tls/client_check.hpp"
#include "tls/ssl_handle.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <array>

namespace mtls::tls {
namespace {

constexpr long k_session_seconds = 3600;
constexpr long k_most_chain_octets = 64L << 10U;
constexpr int k_security_level = 2;  // 112 bits

int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

ossl::Handle<X509> to_libcrypto(const x509::Certificate& certificate,
                                const ossl::Context& context) {
  X509* made =
      ossl::require_pointer(X509_new_ex(context.get(), context.properties()), "X509_new_ex");
  const ByteView der = certificate.der();
  const unsigned char* from = der.data();
  // On failure d2i_X509 frees what it was given.
  if (d2i_X509(&made, &from, static_cast<long>(der.size())) == nullptr) {
    ossl::throw_error(Errc::malformed, "libcrypto cannot read the certificate");
  }
  return ossl::Handle<X509>(made);
}

ossl::Handle<EVP_PKEY> to_libcrypto(const crypto::PrivateKey& key, const ossl::Context& context) {
  const SecretBytes pem = key.to_pkcs8_pem();
  const ossl::Handle<BIO> bio(ossl::require_pointer(
      BIO_new_mem_buf(pem.view().data(), static_cast<int>(pem.size())), "BIO_new_mem_buf"));
  return ossl::Handle<EVP_PKEY>(
      ossl::require_pointer(PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, no_passphrase, nullptr,
                                                       context.get(), context.properties()),
                            "PEM_read_bio_PrivateKey_ex"));
}

void set_identity(SSL_CTX* ssl, const ServerSettings& settings, const ossl::Context& context) {
  const auto leaf = to_libcrypto(settings.chain.front(), context);
  const auto key = to_libcrypto(settings.key, context);
  const ossl::Handle<STACK_OF(X509)> above(
      ossl::require_pointer(sk_X509_new_null(), "sk_X509_new_null"));
  for (std::size_t i = 1; i < settings.chain.size(); ++i) {
    ossl::require(sk_X509_push(above.get(), to_libcrypto(settings.chain[i], context).release()) > 0,
                  "sk_X509_push");
  }
  constexpr int k_override = 1;
  if (SSL_CTX_use_cert_and_key(ssl, leaf.get(), key.get(), above.get(), k_override) != 1) {
    ossl::throw_error(Errc::bad_config, "libssl cannot serve this certificate and key",
                      "issue one with: mtlsctl server issue --san dns:HOST");
  }
}

/// A session is resumed only under the very context that it was made in.
void bind_sessions(SSL_CTX* ssl, const ServerSettings& settings) {
  Bytes bound(32);
  crypto::fill_random(bound);
  for (const x509::Certificate& ca : settings.client_cas) {
    bound.insert(bound.end(), ca.der().begin(), ca.der().end());
  }
  const crypto::Sha256 id = crypto::sha256(bound);
  ossl::require(SSL_CTX_set_session_id_context(ssl, id.data(), id.size()) == 1,
                "SSL_CTX_set_session_id_context");
  const long size = SSL_CTX_get_tlsext_ticket_keys(ssl, nullptr, 0);
  ossl::require(size > 0, "SSL_CTX_get_tlsext_ticket_keys");
  SecretBytes keys(static_cast<std::size_t>(size));
  crypto::fill_random({keys.data(), keys.size()});
  ossl::require(SSL_CTX_set_tlsext_ticket_keys(ssl, keys.data(), size) == 1,
                "SSL_CTX_set_tlsext_ticket_keys");
  // Sessions live in tickets alone: nothing grows with the number of clients.
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(ssl, k_session_seconds);
  ossl::require(SSL_CTX_set_max_early_data(ssl, 0) == 1, "SSL_CTX_set_max_early_data");
}

void ask_clients(SSL_CTX* ssl, const ServerSettings& settings, const ossl::Context& context) {
  if (settings.client_auth == ClientAuth::none) {
    SSL_CTX_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
    return;
  }
  SSL_CTX_set_verify(ssl,
                     settings.client_auth == ClientAuth::require
                         ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : SSL_VERIFY_PEER,
                     nullptr);
  for (const x509::Certificate& ca : settings.client_cas) {
    ossl::require(SSL_CTX_add_client_CA(ssl, to_libcrypto(ca, context).get()) == 1,
                  "SSL_CTX_add_client_CA");
  }
}

void set_protocol(SSL_CTX* ssl, MinimumVersion minimum) {
  ossl::require(SSL_CTX_set_min_proto_version(
                    ssl, minimum == MinimumVersion::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1,
                "SSL_CTX_set_min_proto_version");
  SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION  // OpenSSL 3.2: RFC 8879
  SSL_CTX_set_options(ssl,
                      SSL_OP_NO_RX_CERTIFICATE_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION);
#endif
  SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_security_level(ssl, std::max(SSL_CTX_get_security_level(ssl), k_security_level));
  SSL_CTX_set_max_cert_list(ssl, k_most_chain_octets);
}

}  // namespace

std::shared_ptr<const ServerContext> ServerContext::make(const ServerSettings& settings,
                                                         std::shared_ptr<const PeerJudge> judge,
                                                         const ossl::Context& context) {
  if (settings.chain.empty() || (settings.client_auth != ClientAuth::none && !judge)) {
    throw Error(Errc::internal, "a listener without certificate or judge");
  }
  SslHandle<SSL_CTX> ssl(ossl::require_pointer(
      SSL_CTX_new_ex(context.get(), context.properties(), TLS_server_method()), "SSL_CTX_new_ex"));
  set_protocol(ssl.get(), settings.minimum);
  set_identity(ssl.get(), settings, context);
  ask_clients(ssl.get(), settings, context);
  bind_sessions(ssl.get(), settings);
  install_callbacks(ssl.get());
  ossl::clear_queue();
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the constructor is private
  return std::shared_ptr<const ServerContext>(
      new ServerContext(ssl.release(), settings.client_auth, std::move(judge)));
}

ServerContext::~ServerContext() { SSL_CTX_free(m_native); }

}  // namespace mtls::tls
