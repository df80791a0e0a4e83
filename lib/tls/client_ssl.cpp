#include "tls/client_ssl.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/host_port.hpp"
#include "ossl/openssl_error.hpp"

#include <algorithm>
#include <array>

namespace mtls::tls {
namespace {

constexpr int k_security_level = 0;  // weak certificates must be sent
constexpr int k_trust_level = 2;     // but the server's is judged as everywhere: 112 bits
constexpr std::size_t k_most_authorities = 200;

// Static RSA key exchange signs before the server has shown that the certificate is its own.
constexpr const char* k_ciphers = "DEFAULT:@SECLEVEL=0";
constexpr const char* k_proving_ciphers = "DEFAULT:!kRSA:@SECLEVEL=0";

int protocol(Version version) {
  return version == Version::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

ossl::Handle<X509> to_x509(const x509::Certificate& certificate) {
  const unsigned char* octets = certificate.der().data();
  ossl::Handle<X509> read(d2i_X509(nullptr, &octets, static_cast<long>(certificate.der().size())));
  if (!read) {
    ossl::throw_error(Errc::unsupported, format("libcrypto does not read the certificate of {}",
                                                certificate.subject().to_text()));
  }
  return read;
}

/// The protocols as ALPN has them on the wire.
Bytes alpn_list(const std::vector<std::string>& protocols) {
  Bytes list;
  for (const std::string& one : protocols) {
    list.push_back(static_cast<std::uint8_t>(one.size()));
    const ByteView octets = as_bytes(one);
    list.insert(list.end(), octets.begin(), octets.end());
  }
  return list;
}

std::vector<std::string> authority_names(const SSL* ssl) {
  std::vector<std::string> names;
  const STACK_OF(X509_NAME)* offered = SSL_get0_peer_CA_list(ssl);
  const int count = offered == nullptr ? 0 : sk_X509_NAME_num(offered);
  for (int i = 0; i < count && names.size() < k_most_authorities; ++i) {
    const unsigned char* octets = nullptr;
    std::size_t size = 0;
    if (X509_NAME_get0_der(sk_X509_NAME_value(offered, i), &octets, &size) != 1) continue;
    try {
      names.push_back(x509::Name::from_der({octets, size}).to_text());
    } catch (const Error&) {
      names.emplace_back("(unreadable)");
    }
  }
  return names;
}

struct Scheme {
  unsigned number;
  std::string_view name;
};
// RFC 8446 section 4.2.3, and what TLS 1.2 has beside it.
constexpr std::array k_schemes{Scheme{0x0201, "rsa_pkcs1_sha1"},
                               Scheme{0x0203, "ecdsa_sha1"},
                               Scheme{0x0301, "rsa_pkcs1_sha224"},
                               Scheme{0x0303, "ecdsa_sha224"},
                               Scheme{0x0401, "rsa_pkcs1_sha256"},
                               Scheme{0x0403, "ecdsa_secp256r1_sha256"},
                               Scheme{0x0501, "rsa_pkcs1_sha384"},
                               Scheme{0x0503, "ecdsa_secp384r1_sha384"},
                               Scheme{0x0601, "rsa_pkcs1_sha512"},
                               Scheme{0x0603, "ecdsa_secp521r1_sha512"},
                               Scheme{0x0804, "rsa_pss_rsae_sha256"},
                               Scheme{0x0805, "rsa_pss_rsae_sha384"},
                               Scheme{0x0806, "rsa_pss_rsae_sha512"},
                               Scheme{0x0807, "ed25519"},
                               Scheme{0x0808, "ed448"},
                               Scheme{0x0809, "rsa_pss_pss_sha256"},
                               Scheme{0x080a, "rsa_pss_pss_sha384"},
                               Scheme{0x080b, "rsa_pss_pss_sha512"}};

std::vector<std::string> scheme_names(SSL* ssl) {
  std::vector<std::string> names;
  const int count = SSL_get_sigalgs(ssl, 0, nullptr, nullptr, nullptr, nullptr, nullptr);
  for (int i = 0; i < count; ++i) {
    unsigned char signature = 0;
    unsigned char hash = 0;
    SSL_get_sigalgs(ssl, i, nullptr, nullptr, nullptr, &signature, &hash);
    const unsigned number = static_cast<unsigned>(hash) << 8U | signature;
    const auto* const found =
        std::find_if(k_schemes.begin(), k_schemes.end(),
                     [number](const Scheme& s) { return s.number == number; });
    names.push_back(found != k_schemes.end() ? std::string(found->name)
                                             : format("{:#06x}", number));
  }
  return names;
}

std::vector<x509::Certificate> server_chain(const SSL* ssl) {
  std::vector<x509::Certificate> chain;
  const STACK_OF(X509)* sent = SSL_get_peer_cert_chain(ssl);
  const int count = sent == nullptr ? 0 : sk_X509_num(sent);
  for (int i = 0; i < count; ++i) {
    unsigned char* octets = nullptr;
    const int size = i2d_X509(sk_X509_value(sent, i), &octets);
    if (size <= 0) continue;
    const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(
        octets, [](unsigned char* memory) { OPENSSL_free(memory); });
    try {
      chain.push_back(x509::Certificate::from_der({octets, static_cast<std::size_t>(size)}));
    } catch (const Error&) {
      return chain;  // ours is the stricter reader; it is only for showing
    }
  }
  return chain;
}

/// Whether a Certificate message holds a certificate. TLS 1.3 puts the request's context in front
/// of the list.
bool has_certificate(const std::uint8_t* message, std::size_t size, int version) {
  std::size_t at = 4;
  if (version == TLS1_3_VERSION && at < size) at += 1U + message[at];
  return at + 3 <= size && (message[at] | message[at + 1] | message[at + 2]) != 0;
}

}  // namespace

ClientSsl& ClientSsl::self_of(const SSL* ssl) {
  return *static_cast<ClientSsl*>(SSL_get_app_data(ssl));
}

int ClientSsl::on_verify(X509_STORE_CTX* store, void* self) {
  auto& client = *static_cast<ClientSsl*>(self);
  const int accepted = X509_verify_cert(store);
  client.m_seen.verified = true;
  client.m_seen.verify_error = accepted == 1 ? X509_V_OK : X509_STORE_CTX_get_error(store);
  if (accepted != 1 && client.m_seen.verify_error == X509_V_OK) {
    client.m_seen.verify_error = X509_V_ERR_UNSPECIFIED;
  }
  return accepted == 1 || client.m_distrust == Distrust::go_on ? 1 : 0;
}

int ClientSsl::on_certificate(SSL* /*ssl*/, void* self) {
  static_cast<ClientSsl*>(self)->m_seen.requested = true;
  return 1;
}

int ClientSsl::on_session(SSL* ssl, SSL_SESSION* session) {
  self_of(ssl).m_session.reset(session);
  return 1;  // ours now
}

void ClientSsl::on_message(int write, int version, int type, const void* octets, std::size_t size,
                           SSL* /*ssl*/, void* self) {
  if (type != SSL3_RT_HANDSHAKE || size < 4) return;
  const auto* message = static_cast<const std::uint8_t*>(octets);
  Seen& seen = static_cast<ClientSsl*>(self)->m_seen;
  if (write == 0) {
    if (message[0] == SSL3_MT_SERVER_HELLO) seen.server_hello = true;
    if (message[0] == SSL3_MT_NEWSESSION_TICKET) seen.ticket = true;
    if (message[0] == SSL3_MT_CERTIFICATE_REQUEST) seen.requested = true;
  } else {
    if (message[0] == SSL3_MT_CERTIFICATE) {
      seen.sent = seen.sent || has_certificate(message, size, version);
    }
    if (message[0] == SSL3_MT_CERTIFICATE_VERIFY) seen.signed_by_us = true;
  }
}

void ClientSsl::on_info(const SSL* ssl, int where, int value) {
  if (where != SSL_CB_READ_ALERT) return;
  const int number = value & 0xff;
  // At TLS 1.3 the level says nothing: all but these two end the connection (RFC 8446 section 6).
  const bool fatal = SSL_version(ssl) == TLS1_3_VERSION
                         ? number != SSL_AD_CLOSE_NOTIFY && number != SSL_AD_USER_CANCELLED
                         : (value >> 8) == SSL3_AL_FATAL;
  if (fatal) self_of(ssl).m_seen.fatal_alert = number;
}

ClientSsl::ClientSsl(const Plan& plan, const ossl::Context& context) : m_distrust(plan.distrust) {
  using ossl::require;
  m_context.reset(ossl::require_pointer(
      SSL_CTX_new_ex(context.get(), context.properties(), TLS_client_method()), "SSL_CTX_new_ex"));
  SSL_CTX* const shared = m_context.get();
  const int version = protocol(plan.version.value());
  SSL_CTX_set_security_level(shared, k_security_level);
  require(SSL_CTX_set_min_proto_version(shared, version) == 1 &&
              SSL_CTX_set_max_proto_version(shared, version) == 1 &&
              SSL_CTX_set_cipher_list(shared, plan.distrust == Distrust::end_handshake
                                                  ? k_proving_ciphers
                                                  : k_ciphers) == 1,
          "SSL_CTX_set_cipher_list");
  SSL_CTX_set_options(shared, SSL_OP_LEGACY_SERVER_CONNECT);
#ifdef SSL_OP_NO_TX_CERTIFICATE_COMPRESSION  // OpenSSL 3.2: RFC 8879, which hides what is sent
  SSL_CTX_set_options(shared,
                      SSL_OP_NO_TX_CERTIFICATE_COMPRESSION | SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
#endif
  SSL_CTX_clear_options(shared, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(shared, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(shared, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(shared, on_session);
  SSL_CTX_set_cert_verify_callback(shared, on_verify, this);
  SSL_CTX_set_verify(shared, SSL_VERIFY_PEER, nullptr);
  trust(plan.trust);

  m_ssl.reset(ossl::require_pointer(SSL_new(shared), "SSL_new"));
  SSL* const ssl = m_ssl.get();
  SSL_set_app_data(ssl, this);
  SSL_set_info_callback(ssl, on_info);
  SSL_set_msg_callback(ssl, on_message);
  SSL_set_msg_callback_arg(ssl, this);
  SSL_set_cert_cb(ssl, on_certificate, this);
  SSL_set_post_handshake_auth(ssl, 1);
  if (plan.server_name) {
    std::string name = *plan.server_name;
    // SSL_set_tlsext_host_name, whose macro has an old cast.
    require(
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1,
        "SSL_set_tlsext_host_name");
  }
  const Bytes alpn = alpn_list(plan.alpn);
  require(SSL_set_alpn_protos(ssl, alpn.data(), static_cast<unsigned>(alpn.size())) == 0,
          "SSL_set_alpn_protos");
  if (plan.identity) load(*plan.identity);
  if (plan.resume) require(SSL_set_session(ssl, plan.resume->get()) == 1, "SSL_set_session");
  ossl::Handle<BIO> incoming(ossl::require_pointer(BIO_new(BIO_s_mem()), "BIO_new"));
  ossl::Handle<BIO> outgoing(ossl::require_pointer(BIO_new(BIO_s_mem()), "BIO_new"));
  SSL_set_bio(ssl, incoming.release(), outgoing.release());
  SSL_set_connect_state(ssl);
}

ClientSsl::~ClientSsl() {
  // Freed without a word of parting, libssl would take the session for a bad one, and not resume
  // it.
  SSL_set_shutdown(m_ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void ClientSsl::load(const Identity& identity) {
  const auto leaf = to_x509(identity.chain.front());
  const auto key = identity.key.share_evp_key();
  if (SSL_use_certificate(m_ssl.get(), leaf.get()) != 1 ||
      SSL_use_PrivateKey(m_ssl.get(), key.get()) != 1) {
    ossl::throw_error(Errc::unsupported, format("libssl does not load the certificate of {}",
                                                identity.chain.front().subject().to_text()));
  }
  for (auto it = identity.chain.begin() + 1; it != identity.chain.end(); ++it) {
    const auto certificate = to_x509(*it);
    ossl::require(SSL_add1_chain_cert(m_ssl.get(), certificate.get()) == 1, "SSL_add1_chain_cert");
  }
}

void ClientSsl::trust(const ServerTrust& trust) {
  X509_STORE* const store = SSL_CTX_get_cert_store(m_context.get());
  for (const x509::Certificate& anchor : trust.anchors) {
    ossl::require(X509_STORE_add_cert(store, to_x509(anchor).get()) == 1, "X509_STORE_add_cert");
  }
  if (trust.system == ServerTrust::System::yes) {
    ossl::require(SSL_CTX_set_default_verify_paths(m_context.get()) == 1,
                  "SSL_CTX_set_default_verify_paths");
  }
  X509_VERIFY_PARAM* const rules = SSL_CTX_get0_param(m_context.get());
  X509_VERIFY_PARAM_set_auth_level(rules, k_trust_level);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_hostflags(
      rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (!trust.name) return;
  const bool named = is_ip_address(*trust.name)
                         ? X509_VERIFY_PARAM_set1_ip_asc(rules, trust.name->c_str()) == 1
                         : X509_VERIFY_PARAM_set1_host(rules, trust.name->c_str(), 0) == 1;
  ossl::require(named, "X509_VERIFY_PARAM_set1_host");
}

void ClientSsl::describe(Record& record) const {
  SSL* const ssl = m_ssl.get();
  record.certificate_requested = m_seen.requested;
  record.certificate_sent = m_seen.sent;
  record.signed_by_us = m_seen.signed_by_us;
  if (m_seen.requested) {
    record.authorities = authority_names(ssl);
    record.signature_algorithms = scheme_names(ssl);
  }
  if (m_seen.server_hello) {
    const char* cipher = SSL_get_cipher_name(ssl);
    record.cipher = cipher != nullptr && SSL_get_current_cipher(ssl) != nullptr ? cipher : "";
    record.resumed = SSL_session_reused(ssl) == 1;
    record.server_chain = server_chain(ssl);
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl, &chosen, &size);
    if (size > 0) record.alpn = printable(as_text({chosen, size}));
  }
  if (m_seen.verified && m_seen.verify_error != X509_V_OK) {
    record.distrusted = X509_verify_cert_error_string(m_seen.verify_error);
  }
  if (m_session) {
    SSL_SESSION_up_ref(m_session.get());
    record.session = std::make_shared<ClientSession>(SslHandle<SSL_SESSION>(m_session.get()));
  }
}

}  // namespace mtls::tls
