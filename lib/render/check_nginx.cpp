#include "base/error.hpp"
#include "base/format.hpp"
#include "render/comparison.hpp"
#include "render/nginx_configuration.hpp"
#include "render/nginx_error_pages.hpp"
#include "render/nginx_judged.hpp"
#include "render/nginx_server.hpp"
#include "render/server_listener.hpp"
#include "render/verify_depth.hpp"

#include <algorithm>
#include <array>

namespace mtls::render {
namespace {

void check_protocols(Comparison& comparison, const NginxServer& server) {
  const NginxDirective* protocols = server.directive("ssl_protocols");
  if (protocols == nullptr) return;
  static constexpr std::array<std::string_view, 4> k_old{"sslv2", "sslv3", "tlsv1", "tlsv1.1"};
  for (const std::string& word : protocols->words) {
    if (std::find(k_old.begin(), k_old.end(), to_lower(word)) != k_old.end()) {
      comparison.add(server.place(*protocols), "TLSv1.2 TLSv1.3", word);
    }
  }
}

/// Commands of OpenSSL's SSL_CONF, whose names have no case: "Verify..." changes which certificates
/// are accepted, and these do not.
bool is_harmless_command(std::string_view name) {
  static constexpr std::array<std::string_view, 13> k_harmless{
      "options",    "cipherstring",        "ciphersuites",   "curves",
      "groups",     "signaturealgorithms", "dhparameters",   "recordpadding",
      "numtickets", "maxprotocol",         "serverinfofile", "clientsignaturealgorithms",
      "minprotocol"};
  return std::find(k_harmless.begin(), k_harmless.end(), name) != k_harmless.end();
}

/// These go to OpenSSL past nginx.
void check_commands(Comparison& comparison, const NginxServer& server) {
  for (const NginxDirective* command : server.directives("ssl_conf_command")) {
    if (command->words.size() < 2) continue;
    const std::string name = to_lower(command->words[1]);
    if (name.starts_with("verify")) {
      comparison.add(server.place(*command), "nothing about verification", command->words[1]);
    } else if (!is_harmless_command(name)) {
      comparison.doubt(server.place(*command), "no command whose effect is unknown",
                       command->words[1]);
    }
  }
}

void check_listens(Comparison& comparison, const NginxServer& server, std::uint16_t port) {
  if (to_lower(server.value("ssl").value_or("")) == "on") return;  // as older versions have it
  for (const NginxDirective* one : server.listens(port)) {
    if (has_word(*one, "ssl") || has_word(*one, "quic")) continue;
    comparison.add(format("{} {}", server.place(*one), one->words[1]), "ssl", "plain HTTP");
  }
  if (server.listens_by_default(port)) {
    comparison.add(server.place("listen"), "ssl", "plain HTTP");
  }
}

/// Whether a server, such as the catch-all of a port, asks for no certificate and answers every
/// request with a refusal. That a client whose connection began there cannot go on to another
/// server by its Host was tried: nginx then looks for a certificate, and there is none.
bool only_refuses(const NginxServer& server) {
  if (to_lower(server.value("ssl_verify_client").value_or("off")) != "off") return false;
  static constexpr std::array<std::string_view, 8> k_silent{
      "listen",        "server_name",       "http2",     "access_log",
      "server_tokens", "keepalive_timeout", "error_log", "return"};
  bool refuses = false;
  for (const NginxDirective& one : server.server.block) {
    const bool silent = std::find(k_silent.begin(), k_silent.end(), one.name()) != k_silent.end();
    if (!silent && !one.name().starts_with("ssl_")) return false;
    if (one.name() != "return") continue;
    if (!returns_refusal(one)) return false;
    refuses = true;
  }
  return refuses;
}

void check_sessions(Comparison& comparison, const NginxServer& server) {
  // A session that is resumed is not checked against the CRL again.
  comparison.expect(server.place("ssl_session_tickets"), "off",
                    server.value("ssl_session_tickets"));
  const auto cache = server.value("ssl_session_cache");
  if (cache && *cache != "none") {
    comparison.expect(server.place("ssl_session_cache"), "off", cache);
  }
}

void check_server(Comparison& comparison, const NginxServer& server, std::uint16_t port) {
  check_listens(comparison, server, port);
  if (only_refuses(server)) return;
  comparison.expect(server.place("ssl_verify_client"), "on", server.value("ssl_verify_client"));
  comparison.trust_file(server.place("ssl_client_certificate"),
                        server.file("ssl_client_certificate"));
  // Its certificates are trusted for clients as well.
  if (const auto further = server.file("ssl_trusted_certificate")) {
    comparison.trust_file(server.place("ssl_trusted_certificate"), further);
  }
  comparison.lists_file(server.place("ssl_crl"), server.file("ssl_crl"));
  comparison.depth(server.place("ssl_verify_depth"), nginx_depth,
                   server.value("ssl_verify_depth").value_or("1"));
  check_protocols(comparison, server);
  check_error_pages(comparison, server);
  check_commands(comparison, server);
  if (comparison.facts().crl) check_sessions(comparison, server);
}

}  // namespace

void check_nginx(Comparison& comparison, std::string_view live) {
  const ServerListener wanted = server_listener(comparison.request());
  const std::uint16_t port = wanted.listen.port;
  const NginxConfiguration configuration = read_nginx_configuration(live);
  const NginxDirectives& directives = configuration.directives;
  const NginxDirective* http = last_directive(directives, "http");
  static const NginxDirectives k_nothing;
  bool found = false;
  const auto check_block = [&](const NginxDirectives& block, const NginxDirectives& outer) {
    for (const NginxDirective* one : all_directives(block, "server")) {
      if (one->words.size() > 1) continue;  // of an upstream
      const NginxServer server{*one, outer, configuration.directory};
      if (server.listens(port).empty() && !server.listens_by_default(port)) continue;
      found = true;
      check_server(comparison, server, port);
    }
  };
  check_judged_directives(comparison, configuration);
  // A file of conf.d has its servers at the top.
  check_block(directives, http == nullptr ? k_nothing : http->block);
  // http, and stream, mail or any other that has servers.
  for (const NginxDirective& one : directives) {
    if (one.name() != "server") check_block(one.block, one.block);
  }
  if (!found) comparison.add("server", format("listen {} ssl", wanted.listen.text()), "nothing");
}

}  // namespace mtls::render
