#include "cmd/serve_answer.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/certificate_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace mtls::cmd {
namespace {

constexpr std::size_t k_longest_field = 4096;

Json certificate_object(const x509::Certificate& certificate) {
  Json json = brief_json(certificate);
  json["subject_alt_names"] = Json::array();
  try {
    json["subject_alt_names"] = name_texts(certificate.subject_alt_names());
  } catch (const Error& error) {
    if (error.code() != Errc::malformed) throw;
  }
  return json;
}

Json document(const tls::ServedRequest& request, const tls::Peer& peer) {
  Json json{
      {"schema", "mtlsctl/serve-answer/1"},
      {"verify", peer.path.empty() ? "NONE" : "SUCCESS"},
      {"certificate", peer.path.empty() ? Json(nullptr) : certificate_object(peer.path.front())},
      {"chain", Json::array()},
      {"tls_version", peer.version},
      {"cipher", peer.cipher},
      {"resumed", peer.session == tls::Peer::Session::resumed},
      {"server_name", peer.server_name.empty() ? Json(nullptr) : Json(peer.server_name)},
      {"client", peer.address},
      {"method", printable(request.method)},
      {"target", printable(request.target)},
      {"headers", Json::object()}};
  for (std::size_t i = 1; i < peer.path.size(); ++i) {
    json["chain"].push_back(certificate_object(peer.path[i]));
  }
  for (const auto& [name, value] : forwarded_headers(peer)) json["headers"][name] = value;
  return json;
}

/// Rows of a table, all text escaped.
class Table final {
 public:
  void row(std::string_view label, std::string_view value) {
    if (value.empty()) return;
    m_rows += format("<tr><th>{}</th><td>{}</td></tr>\n", html_escaped(label), html_escaped(value));
  }
  void certificate(const x509::Certificate& certificate) {
    row("Subject", certificate.subject().empty() ? "(empty)" : certificate.subject().to_text());
    const Json json = certificate_object(certificate);
    row("Alternative names", join(json["subject_alt_names"].get<std::vector<std::string>>()));
    row("Issuer", certificate.issuer().to_text());
    row("Serial", certificate.serial().to_text());
    row("Valid", validity_text(certificate.validity()));
    row("SHA-256", to_colon_hex(certificate.fingerprint()));
  }
  [[nodiscard]] std::string html() const { return "<table>\n" + m_rows + "</table>\n"; }

 private:
  std::string m_rows;
};

std::string page(const tls::ServedRequest& request, const tls::Peer& peer) {
  const std::string who = peer.path.empty() ? "no client certificate"
                                            : (peer.path.front().subject().empty()
                                                   ? "a client without a subject"
                                                   : peer.path.front().subject().to_text());
  std::string html = format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<title>{0}</title>\n<style>body{{font:16px/1.5 sans-serif;margin:2em auto;max-width:60em;"
      "padding:0 1em}}th{{text-align:left;vertical-align:top;padding-right:1em;"
      "white-space:nowrap}}td{{overflow-wrap:anywhere;font-family:monospace}}</style>\n"
      "</head>\n<body>\n<h1>{0}</h1>\n",
      html_escaped(who));
  if (!peer.path.empty()) {
    Table own;
    own.certificate(peer.path.front());
    html += "<h2>Certificate</h2>\n" + own.html() + "<h2>Chain</h2>\n";
    for (std::size_t i = 1; i < peer.path.size(); ++i) {
      Table above;
      above.certificate(peer.path[i]);
      html += above.html();
    }
  }
  Table connection;
  connection.row("TLS", peer.version + " " + peer.cipher);
  connection.row("Session", peer.session == tls::Peer::Session::resumed ? "resumed" : "new");
  connection.row("Server name", peer.server_name);
  connection.row("Client", peer.address);
  connection.row("Request", printable(request.method) + " " + printable(request.target));
  Table headers;
  for (const auto& [name, value] : forwarded_headers(peer)) headers.row(name, value);
  return html + "<h2>Connection</h2>\n" + connection.html() +
         "<h2>Headers that an ALB adds for its back end</h2>\n" + headers.html() +
         "</body>\n</html>\n";
}

bool wants_page(std::string accept) {
  std::transform(accept.begin(), accept.end(), accept.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return accept.find("text/html") != std::string::npos &&
         accept.find("application/json") == std::string::npos;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> forwarded_headers(const tls::Peer& peer) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (!peer.path.empty()) {
    const x509::Certificate& own = peer.path.front();
    headers = {{"X-Forwarded-Clientcert-subjectdn", own.subject().to_text()},
               {"X-Forwarded-Clientcert-issuerdn", own.issuer().to_text()},
               {"X-Forwarded-Clientcert-fingerprint", to_hex(own.fingerprint())}};
  }
  headers.emplace_back("X-Forwarded-Clientcert-clientverify",
                       peer.path.empty() ? "NONE" : "SUCCESS");
  return headers;
}

std::string html_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

tls::ServedResponse answer(const tls::ServedRequest& request, const tls::Peer& peer) {
  tls::ServedResponse response;
  if (wants_page(request.accept)) {
    response.content_type = "text/html; charset=utf-8";
    response.body = page(request, peer);
  } else {
    response.content_type = "application/json";
    response.body = to_line(document(request, peer)) + "\n";
  }
  response.fields = {{"Cache-Control", "no-store"},
                     {"Vary", "Accept"},
                     {"X-Content-Type-Options", "nosniff"},
                     {"Referrer-Policy", "no-referrer"},
                     {"Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}};
  for (auto& header : forwarded_headers(peer)) {
    // The body has it whole; some clients do not take long header fields.
    if (header.second.size() <= k_longest_field) response.fields.push_back(std::move(header));
  }
  return response;
}

}  // namespace mtls::cmd
