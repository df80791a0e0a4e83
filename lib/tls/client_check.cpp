#include "tls/client_check.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/x509_vfy.h>

#include <array>
#include <string_view>

namespace mtls::tls {
namespace {

/// More than any chain needs; the rest is not even parsed.
constexpr int k_most_presented = 16;
/// Tickets come back in a ClientHello, so a longer chain gets none that resumes.
constexpr std::size_t k_most_ticket_data = std::size_t{12} << 10U;

int check_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

ClientCheck* check_of(const SSL* ssl) {
  return static_cast<ClientCheck*>(SSL_get_ex_data(ssl, check_index()));
}

/// The code for which libssl sends the alert (its ssl_x509err2alert).
int verify_code(RefusalAlert alert) noexcept {
  switch (alert) {
    case RefusalAlert::unknown_ca:
      return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    case RefusalAlert::bad_certificate:
      return X509_V_ERR_CERT_REJECTED;
    case RefusalAlert::certificate_expired:
      return X509_V_ERR_CERT_HAS_EXPIRED;
    case RefusalAlert::certificate_revoked:
      return X509_V_ERR_CERT_REVOKED;
    case RefusalAlert::unsupported_certificate:
      return X509_V_ERR_INVALID_PURPOSE;
    case RefusalAlert::decrypt_error:
      return X509_V_ERR_CERT_SIGNATURE_FAILURE;
    case RefusalAlert::certificate_unknown:
      break;
  }
  return X509_V_ERR_PERMITTED_VIOLATION;
}

PeerVerdict refuse(RefusalAlert alert, std::string reason) {
  return {.alert = alert, .reason = std::move(reason)};
}

/// Asks the judge. Nothing may be thrown through libssl's frames, so all that is thrown ends here,
/// as a refusal.
PeerVerdict ask(const PeerJudge* judge, const std::vector<x509::Certificate>& presented) noexcept {
  try {
    if (judge == nullptr || presented.empty()) return {};
    return judge->judge(presented);
  } catch (const Error& error) {
    return refuse(RefusalAlert::certificate_unknown, error.message());
  } catch (const std::exception&) {
    return {};
  }
}

/// Fills check.presented; a certificate that is no DER is a verdict already.
std::optional<PeerVerdict> gather(X509_STORE_CTX* store, ClientCheck& check) {
  const STACK_OF(X509)* const sent = X509_STORE_CTX_get0_untrusted(store);
  const int count = sent == nullptr ? 0 : sk_X509_num(sent);
  if (count > k_most_presented) {
    return refuse(RefusalAlert::bad_certificate,
                  format("the client sent {} certificates, over {}", count, k_most_presented));
  }
  const X509* const leaf = X509_STORE_CTX_get0_cert(store);
  // A raw public key (RFC 7250) would be no certificate; they are never offered (CVE-2024-12797).
  if (leaf == nullptr) return refuse(RefusalAlert::bad_certificate, "it is no certificate");
  try {
    check.presented.push_back(to_certificate(leaf));
    for (int i = 0; i < count; ++i) {
      const X509* const each = sk_X509_value(sent, i);
      if (each != leaf) check.presented.push_back(to_certificate(each));
    }
  } catch (const Error& error) {
    return refuse(RefusalAlert::bad_certificate,
                  format("certificate {} that the client sent: {}", check.presented.size() + 1,
                         error.message()));
  }
  return std::nullopt;
}

int judge_client(X509_STORE_CTX* store, void* /*argument*/) noexcept {
  try {
    const auto* const ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    ClientCheck& check = *check_of(ssl);
    check.presented.clear();
    auto malformed = gather(store, check);
    check.verdict = malformed ? *std::move(malformed) : ask(check.judge, check.presented);
    const bool accepted = check.verdict->answer == PeerVerdict::Answer::accepted;
    X509_STORE_CTX_set_error(store, accepted ? X509_V_OK : verify_code(check.verdict->alert));
    return accepted ? 1 : 0;
  } catch (const std::exception&) {  // out of memory: refused, and not through libssl's frames
    X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
    return 0;
  }
}

// What a ticket keeps beside libssl's session, which knows the client's own certificate only: every
// certificate presented, each behind its length in four octets.

Bytes pack(const std::vector<x509::Certificate>& certificates) {
  Bytes packed;
  for (const x509::Certificate& each : certificates) {
    const ByteView der = each.der();
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
      packed.push_back(static_cast<std::uint8_t>(der.size() >> shift));
    }
    packed.insert(packed.end(), der.begin(), der.end());
  }
  return packed;
}

std::vector<x509::Certificate> unpack(ByteView packed) {
  constexpr std::size_t k_length_octets = 4;
  std::vector<x509::Certificate> certificates;
  while (!packed.empty()) {
    std::size_t length = 0;
    if (packed.size() < k_length_octets) throw Error(Errc::malformed, "ticket cut short");
    for (std::size_t i = 0; i < k_length_octets; ++i) length = (length << 8U) | packed[i];
    packed = packed.subspan(k_length_octets);
    if (packed.size() < length) throw Error(Errc::malformed, "ticket cut short");
    certificates.push_back(x509::Certificate::from_der(packed.first(length)));
    packed = packed.subspan(length);
  }
  return certificates;
}

int write_ticket(SSL* ssl, void* /*argument*/) noexcept {
  try {
    const ClientCheck& check = *check_of(ssl);
    const bool resumed = SSL_session_reused(ssl) == 1;
    Bytes packed = pack(resumed ? check.resumed : check.presented);
    if (packed.size() > k_most_ticket_data) packed.clear();
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), packed.data(), packed.size());
  } catch (const std::exception&) {
    return 0;
  }
}

/// Whether the session in a ticket may go on: only if its client would be accepted now.
bool may_resume(SSL_SESSION* session, ClientCheck& check) {
  const X509* const own = SSL_SESSION_get0_peer(session);
  if (own == nullptr) return check.client_auth != ClientAuth::require;
  if (check.client_auth == ClientAuth::none) return false;
  void* data = nullptr;
  std::size_t size = 0;
  if (SSL_SESSION_get0_ticket_appdata(session, &data, &size) != 1) return false;
  check.resumed = unpack({static_cast<const std::uint8_t*>(data), size});
  if (check.resumed.empty() || !(check.resumed.front() == to_certificate(own))) return false;
  check.resumed_verdict = ask(check.judge, check.resumed);
  return check.resumed_verdict->answer == PeerVerdict::Answer::accepted;
}

SSL_TICKET_RETURN read_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char* /*key_name*/,
                              std::size_t /*key_name_length*/, SSL_TICKET_STATUS status,
                              void* /*argument*/) noexcept {
  // Ignored, the ticket leads to a full handshake, in which the client is asked and judged.
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  try {
    if (!may_resume(session, *check_of(ssl))) return SSL_TICKET_RETURN_IGNORE_RENEW;
  } catch (const std::exception&) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

/// RFC 7301: http/1.1 is all that is spoken; a client that offers others only is told so.
int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* offered, unsigned offered_length,
                    void* /*argument*/) noexcept {
  constexpr std::string_view k_http = "http/1.1";
  for (unsigned at = 0; at < offered_length; at += 1U + offered[at]) {
    const unsigned length = offered[at];
    if (at + 1U + length > offered_length) break;
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), length);
    if (name != k_http) continue;
    *out = offered + at + 1;
    *out_length = static_cast<unsigned char>(length);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

void attach(SSL* ssl, ClientCheck& check) {
  ossl::require(SSL_set_ex_data(ssl, check_index(), &check) == 1, "SSL_set_ex_data");
}

void install_callbacks(SSL_CTX* context) {
  SSL_CTX_set_cert_verify_callback(context, judge_client, nullptr);
  ossl::require(SSL_CTX_set_session_ticket_cb(context, write_ticket, read_ticket, nullptr) == 1,
                "SSL_CTX_set_session_ticket_cb");
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

x509::Certificate to_certificate(const X509* certificate) {
  const int length = i2d_X509(certificate, nullptr);
  if (length <= 0) throw Error(Errc::malformed, "it cannot be encoded");
  Bytes der(static_cast<std::size_t>(length));
  unsigned char* end = der.data();
  ossl::require(i2d_X509(certificate, &end) == length, "i2d_X509");
  return x509::Certificate::from_der(der);
}

}  // namespace mtls::tls
