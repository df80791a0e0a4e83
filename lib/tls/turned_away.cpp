#include "tls/turned_away.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace mtls::tls {
namespace {

struct Row {
  int reason;
  TurnedAway::By by;
  std::string_view words;
};

constexpr std::array k_rows{
    Row{SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, TurnedAway::By::us,
        "no client certificate, and one is required"},
    Row{SSL_R_UNSUPPORTED_PROTOCOL, TurnedAway::By::us, "no TLS version that is spoken here"},
    Row{SSL_R_VERSION_TOO_LOW, TurnedAway::By::us, "no TLS version that is spoken here"},
    Row{SSL_R_NO_PROTOCOLS_AVAILABLE, TurnedAway::By::us, "no TLS version that is spoken here"},
    Row{SSL_R_NO_SHARED_CIPHER, TurnedAway::By::us, "no cipher suite in common"},
    Row{SSL_R_NO_SUITABLE_KEY_SHARE, TurnedAway::By::us, "no key exchange group in common"},
    Row{SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, TurnedAway::By::us,
        "no signature algorithm in common"},
    Row{SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, TurnedAway::By::us,
        "no signature algorithm in common"},
    Row{SSL_R_WRONG_SIGNATURE_TYPE, TurnedAway::By::us,
        "a signature algorithm that is not accepted here"},
    Row{SSL_R_NO_APPLICATION_PROTOCOL, TurnedAway::By::us,
        "it offers other protocols than http/1.1 (ALPN)"},
    Row{SSL_R_EXCESSIVE_MESSAGE_SIZE, TurnedAway::By::us, "a message over the size limit"},
    Row{SSL_R_APP_DATA_IN_HANDSHAKE, TurnedAway::By::us, "data before the handshake was over"},
    Row{SSL_R_UNEXPECTED_RECORD, TurnedAway::By::us, "data before the handshake was over"},
    Row{SSL_R_UNEXPECTED_MESSAGE, TurnedAway::By::us,
        "a message out of turn (no certificate where one must come, or data too early)"},
    Row{SSL_R_HTTP_REQUEST, TurnedAway::By::transport, "plain HTTP, not TLS"},
    Row{SSL_R_HTTPS_PROXY_REQUEST, TurnedAway::By::transport, "a plain HTTP CONNECT, not TLS"},
    Row{SSL_R_WRONG_VERSION_NUMBER, TurnedAway::By::transport, "not TLS, or a version too old"},
    Row{SSL_R_UNEXPECTED_EOF_WHILE_READING, TurnedAway::By::client,
        "it closed the connection in the handshake"},
};

const Row* find_row(const ossl::QueueEntry& entry) {
  if (entry.library != ERR_LIB_SSL) return nullptr;
  const auto* const at = std::find_if(k_rows.begin(), k_rows.end(), [&entry](const Row& row) {
    return row.reason == entry.reason;
  });
  return at == k_rows.end() ? nullptr : at;
}

TurnedAway to_turned_away(const Row& row) {
  const bool http = row.reason == SSL_R_HTTP_REQUEST || row.reason == SSL_R_HTTPS_PROXY_REQUEST;
  return {.by = row.by,
          .reason = std::string(row.words),
          .spoke = http ? TurnedAway::Spoke::http : TurnedAway::Spoke::tls};
}

/// The alert that the client sent, if an entry says so.
std::optional<int> alert_of(const ossl::QueueEntry& entry) {
  if (entry.library != ERR_LIB_SSL || entry.reason < SSL_AD_REASON_OFFSET ||
      entry.reason > SSL_AD_REASON_OFFSET + 255) {
    return std::nullopt;
  }
  return entry.reason - SSL_AD_REASON_OFFSET;
}

bool is_about_certificate(int alert) {
  constexpr std::array k_alerts{SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE,
                                SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_EXPIRED,
                                SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA};
  return std::find(k_alerts.begin(), k_alerts.end(), alert) != k_alerts.end();
}

TurnedAway explain_alert(int alert) {
  const std::string name = format("alert {}, {}", alert, SSL_alert_desc_string_long(alert));
  return {
      .by = TurnedAway::By::client,
      .reason = is_about_certificate(alert)
                    ? format("the client does not accept this listener's certificate ({})", name)
                    : format("the client gave up ({})", name)};
}

/// A CertificateVerify that does not verify: libssl's reasons for it are several.
bool is_bad_proof(const ossl::QueueEntry& entry) {
  return (entry.library == ERR_LIB_SSL && entry.reason == SSL_R_BAD_SIGNATURE) ||
         entry.library == ERR_LIB_RSA || entry.library == ERR_LIB_EC;
}

}  // namespace

TurnedAway explain(const FailedHandshake& failed) {
  const auto& verdict = failed.verdict;
  if (verdict && verdict->answer == PeerVerdict::Answer::refused) {
    return {.by = TurnedAway::By::us,
            .reason =
                verdict->reason.empty() ? "its certificate could not be judged" : verdict->reason};
  }
  for (const ossl::QueueEntry& entry : failed.entries) {
    if (const auto alert = alert_of(entry)) return explain_alert(*alert);
    if (verdict && is_bad_proof(entry)) {
      return {.by = TurnedAway::By::us,
              .reason = format("{}: the client does not have the private key of its certificate",
                               failed.client_subject)};
    }
    if (const Row* const row = find_row(entry)) return to_turned_away(*row);
  }
  if (failed.entries.empty()) {
    return {.by = TurnedAway::By::client, .reason = "it closed the connection in the handshake"};
  }
  return {.by = TurnedAway::By::transport,
          .reason = format("libssl says: {}", printable(failed.entries.front().line))};
}

}  // namespace mtls::tls
