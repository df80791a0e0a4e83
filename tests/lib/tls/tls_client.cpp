#include "lib/tls/tls_client.hpp"

#include "base/error.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace mtls::tls::test {
namespace {

void require(bool succeeded, const char* call) {
  if (!succeeded) throw std::runtime_error(call);
}

void note_alert(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT) {
    *static_cast<int*>(SSL_get_ex_data(ssl, 0)) = value & 0xff;
  }
}

void identify(SSL* ssl, const verify::test::Entity& identity) {
  const ByteView der = identity.certificate.der();
  require(SSL_use_certificate_ASN1(ssl, der.data(), static_cast<int>(der.size())) == 1,
          "SSL_use_certificate_ASN1");
  const SecretBytes pem = verify::test::key(identity.key).to_pkcs8_pem();
  const ossl::Handle<BIO> bio(BIO_new_mem_buf(pem.view().data(), static_cast<int>(pem.size())));
  const ossl::Handle<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  require(SSL_use_PrivateKey(ssl, key.get()) == 1, "SSL_use_PrivateKey");
}

}  // namespace

SocketPair::SocketPair() {
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): as the program has it
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, m_ends.data()) == 0, "socketpair");
}

SocketPair::~SocketPair() {
  ::close(m_ends[0]);
  close_client();
}

void SocketPair::close_client() {
  if (m_ends[1] >= 0) ::close(m_ends[1]);
  m_ends[1] = -1;
}

Client::Client(int socket, const std::optional<verify::test::Entity>& identity, int version)
    : m_context(SSL_CTX_new(TLS_client_method())), m_ssl(SSL_new(m_context.get())) {
  SSL_set_min_proto_version(m_ssl.get(), version);
  SSL_set_max_proto_version(m_ssl.get(), version);
  SSL_set_fd(m_ssl.get(), socket);
  SSL_set_connect_state(m_ssl.get());
  std::string name = "localhost";  // SSL_set_tlsext_host_name, without the macro's cast
  SSL_ctrl(m_ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  SSL_set_ex_data(m_ssl.get(), 0, &m_alert);
  SSL_set_info_callback(m_ssl.get(), note_alert);
  if (identity) identify(m_ssl.get(), *identity);
}

void Client::step() {
  if (!finished()) {
    SSL_do_handshake(m_ssl.get());
  } else {
    std::array<char, 4096> text{};
    std::size_t count = 0;
    while (SSL_read_ex(m_ssl.get(), text.data(), text.size(), &count) == 1) {
      m_received.append(text.data(), count);
    }
  }
  ERR_clear_error();
}

void Client::write(const std::string& text) {
  std::size_t count = 0;
  require(SSL_write_ex(m_ssl.get(), text.data(), text.size(), &count) == 1, "SSL_write_ex");
}

SslHandle<SSL_SESSION> Client::session() const {
  // A connection that goes without a shutdown takes its session with it.
  SSL_set_shutdown(m_ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  return SslHandle<SSL_SESSION>(SSL_get1_session(m_ssl.get()));
}

PeerVerdict FakeJudge::judge(const std::vector<x509::Certificate>& presented) const {
  ++asked;
  if (throws) throw Error(Errc::io, "the ledger cannot be asked");
  if (verdict) return *verdict;
  return {.answer = PeerVerdict::Answer::accepted,
          .alert = RefusalAlert::certificate_unknown,
          .reason = {},
          .path = presented};
}

std::shared_ptr<const ServerContext> make_context(std::shared_ptr<FakeJudge> judge,
                                                  ClientAuth client_auth) {
  using namespace verify::test;  // NOLINT(google-build-using-namespace)
  static const Entity server = issue({.subject = "CN=localhost",
                                      .key = "server",
                                      .extensions = server_extensions({"dns:localhost"})},
                                     root());
  return ServerContext::make({.chain = {server.certificate},
                              .key = key("server"),
                              .client_auth = client_auth,
                              .minimum = MinimumVersion::tls1_2,
                              .client_cas = {root().certificate}},
                             std::move(judge), context());
}

}  // namespace mtls::tls::test
