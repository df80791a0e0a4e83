#include "cmd/serve_log.hpp"

#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/certificate_view.hpp"

#include <nlohmann/json.hpp>

namespace mtls::cmd {
namespace {

constexpr int k_stdout = 1;
constexpr int k_stderr = 2;
constexpr std::chrono::milliseconds k_last_words{200};

std::string_view word(tls::TurnedAway::By by) {
  switch (by) {
    case tls::TurnedAway::By::us:
      return "listener";
    case tls::TurnedAway::By::client:
      return "client";
    case tls::TurnedAway::By::transport:
      break;
  }
  return "transport";
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace

/// What is known of one; what does not apply is empty.
struct ServeLog::Event {
  std::string_view name;
  std::string text;  // the line, behind the time
  std::string url = {};
  const tls::Peer* peer = nullptr;
  std::string client = {};
  std::string by = {};
  std::string reason = {};
  const x509::Certificate* certificate = nullptr;
};

ServeLog::ServeLog(Session& session)
    : m_session(session), m_output(session.json() ? k_stdout : k_stderr) {}

void ServeLog::write(const Event& event) {
  const std::string time = to_rfc3339(m_session.clock().now());
  if (!m_session.json()) {
    m_output.write_line(format("{} {}", time, event.text));
    return;
  }
  const tls::Peer* const peer = event.peer;
  Json document = m_session.document();
  document["event"] = event.name;
  document["time"] = time;
  document["url"] = text_or_null(event.url);
  document["client"] = text_or_null(event.client);
  document["certificate"] =
      event.certificate != nullptr ? brief_json(*event.certificate) : Json(nullptr);
  document["tls_version"] = peer != nullptr ? Json(peer->version) : Json(nullptr);
  document["cipher"] = peer != nullptr ? Json(peer->cipher) : Json(nullptr);
  document["server_name"] = peer != nullptr ? text_or_null(peer->server_name) : Json(nullptr);
  document["resumed"] =
      peer != nullptr ? Json(peer->session == tls::Peer::Session::resumed) : Json(nullptr);
  document["by"] = text_or_null(event.by);
  document["reason"] = text_or_null(event.reason);
  m_output.write_line(to_line(document));
}

void ServeLog::listening(const std::string& url, const x509::Certificate& certificate) {
  if (!m_session.json()) {
    // The one result: where it listens. Whoever waits for this line may connect once it is there.
    m_session.out().write(format("listening on {}\n", url));
    m_session.out().flush();
    return;
  }
  write({.name = "listening", .text = {}, .url = url, .certificate = &certificate});
}

void ServeLog::accepted(const tls::Peer& peer) {
  std::string text = format("{} accepted: ", peer.address);
  if (peer.path.empty()) {
    text += "no client certificate";
  } else {
    const x509::Certificate& own = peer.path.front();
    text +=
        format("{}, serial {}", own.subject().empty() ? "(empty subject)" : own.subject().to_text(),
               own.serial().to_text());
  }
  text += format(", {}", peer.version);
  if (peer.session == tls::Peer::Session::resumed) text += ", resumed session";
  write({.name = "accepted",
         .text = std::move(text),
         .peer = &peer,
         .client = peer.address,
         .certificate = peer.path.empty() ? nullptr : &peer.path.front()});
}

void ServeLog::refused(const tls::RefusedPeer& peer) {
  const bool is_ours = peer.why.by == tls::TurnedAway::By::us;
  write({.name = is_ours ? "refused" : "failed",
         .text = format("{} {}: {}", peer.address, is_ours ? "refused" : "failed", peer.why.reason),
         .client = peer.address,
         .by = std::string(word(peer.why.by)),
         .reason = peer.why.reason,
         .certificate = peer.presented.empty() ? nullptr : &peer.presented.front()});
}

void ServeLog::reloaded() {
  write({.name = "reloaded",
         .text = "reloaded: certificates, CAs and revocation lists; sessions "
                 "of before do not resume"});
}

void ServeLog::not_reloaded(const Error& error) {
  write({.name = "not_reloaded",
         .text = format("not reloaded, what was read before stays: {}", error.message()),
         .reason = error.message()});
}

void ServeLog::expiring(const x509::Certificate& certificate, std::string_view remedy) {
  const std::string reason = format("the listener's certificate ends at {}: {}",
                                    to_rfc3339(certificate.validity().not_after), remedy);
  write({.name = "expiring", .text = reason, .reason = reason, .certificate = &certificate});
}

void ServeLog::ended() {
  write({.name = "ended", .text = "ended"});
  m_output.drain(k_last_words);
}

}  // namespace mtls::cmd
