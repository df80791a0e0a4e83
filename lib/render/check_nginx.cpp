#include "base/error.hpp"
#include "base/format.hpp"
#include "render/comparison.hpp"
#include "render/nginx_configuration.hpp"
#include "render/server_listener.hpp"
#include "render/verify_depth.hpp"

#include <algorithm>
#include <array>

namespace mtls::render {
namespace {

using Directives = std::vector<NginxDirective>;

const NginxDirective* last(const Directives& directives, std::string_view name) {
  const auto found = std::find_if(directives.rbegin(), directives.rend(),
                                  [name](const NginxDirective& one) { return one.name() == name; });
  return found == directives.rend() ? nullptr : &*found;
}

std::vector<const NginxDirective*> all(const Directives& directives, std::string_view name) {
  std::vector<const NginxDirective*> found;
  for (const NginxDirective& one : directives) {
    if (one.name() == name) found.push_back(&one);
  }
  return found;
}

bool has_word(const NginxDirective& directive, std::string_view word) {
  return std::find(directive.words.begin(), directive.words.end(), word) != directive.words.end();
}

/// A server with the block around it, whose directives hold where it has none of its own.
struct Server {
  const NginxDirective& server;
  const Directives& around;
  std::string directory;  // files are named from there

  [[nodiscard]] const NginxDirective* directive(std::string_view name) const {
    const NginxDirective* own = last(server.block, name);
    return own != nullptr ? own : last(around, name);
  }
  [[nodiscard]] std::vector<const NginxDirective*> directives(std::string_view name) const {
    auto own = all(server.block, name);
    return own.empty() ? all(around, name) : own;
  }
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const {
    const NginxDirective* found = directive(name);
    if (found == nullptr || found->words.size() < 2) return std::nullopt;
    return found->words[1];
  }
  [[nodiscard]] std::optional<std::string> file(std::string_view name) const {
    auto path = value(name);
    if (path && !directory.empty() && !path->starts_with('/')) path = directory + "/" + *path;
    return path;
  }
  /// Its listen directives that have `port`.
  [[nodiscard]] std::vector<const NginxDirective*> listens(std::uint16_t port) const {
    auto found = all(server.block, "listen");
    const auto other = [port](const NginxDirective* one) {
      return one->words.size() < 2 || !has_port(one->words[1], port);
    };
    found.erase(std::remove_if(found.begin(), found.end(), other), found.end());
    return found;
  }
};

void check_protocols(Comparison& comparison, const Server& server, const std::string& where) {
  const NginxDirective* protocols = server.directive("ssl_protocols");
  if (protocols == nullptr) return;
  for (const std::string& word : protocols->words) {
    if (word == "TLSv1" || word == "TLSv1.1" || word == "SSLv2" || word == "SSLv3") {
      comparison.add(where + "ssl_protocols", "TLSv1.2 TLSv1.3", word);
    }
  }
}

/// Whether a location does nothing but "return" a status that lets nobody in.
bool only_refuses(const NginxDirective& location) {
  if (location.block.size() != 1 || location.block.front().name() != "return") return false;
  const auto& words = location.block.front().words;
  return words.size() > 1 && words[1].size() == 3 &&
         (words[1].front() == '4' || words[1].front() == '5');
}

/// Whether a request that is sent to `uri` for its error goes no further: to another URL, or to a
/// location that refuses it, whose own error has no page again.
bool is_refusal(const Server& server, const std::string& uri) {
  if (uri.starts_with("http://") || uri.starts_with("https://")) return true;
  if (server.value("recursive_error_pages") == "on") return false;
  const auto locations = all(server.server.block, "location");
  return std::any_of(locations.begin(), locations.end(), [&uri](const NginxDirective* one) {
    const bool exact = one->words.size() == 3 && one->words[1] == "=";
    const bool named = one->words.size() == 2 && uri.starts_with('@');
    return (exact || named) && one->words.back() == uri && only_refuses(*one);
  });
}

/// nginx refuses by HTTP, and a page for that error is handled like any request of the server.
void check_error_pages(Comparison& comparison, const Server& server, const std::string& where) {
  for (const NginxDirective* page : server.directives("error_page")) {
    const bool concerns =
        has_word(*page, "495") || has_word(*page, "496") || has_word(*page, "497");
    if (!concerns || is_refusal(server, page->words.back())) continue;
    comparison.add(where + "error_page", "nothing that answers 495, 496 or 497 but a refusal",
                   page->words.back());
  }
}

/// These go to OpenSSL behind nginx's back.
void check_commands(Comparison& comparison, const Server& server, const std::string& where) {
  for (const NginxDirective* command : server.directives("ssl_conf_command")) {
    if (command->words.size() < 2) continue;
    std::string name = command->words[1];
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (!name.starts_with("verify")) continue;
    comparison.add(where + "ssl_conf_command", "nothing about verification", command->words[1]);
  }
}

void check_listens(Comparison& comparison, const Server& server, std::uint16_t port,
                   const std::string& where) {
  if (server.value("ssl") == "on") return;  // as older versions have it
  for (const NginxDirective* one : server.listens(port)) {
    if (has_word(*one, "ssl") || has_word(*one, "quic")) continue;
    comparison.add(format("{}listen {}", where, one->words[1]), "ssl", "plain HTTP");
  }
}

void check_server(Comparison& comparison, const Server& server, std::uint16_t port) {
  const NginxDirective* names = last(server.server.block, "server_name");
  const std::string where = format(
      "server {}, line {}: ", names != nullptr && names->words.size() > 1 ? names->words[1] : "_",
      server.server.line);
  check_listens(comparison, server, port, where);
  comparison.expect(where + "ssl_verify_client", "on", server.value("ssl_verify_client"));
  comparison.trust_file(where + "ssl_client_certificate", server.file("ssl_client_certificate"));
  // What stands there is trusted for clients as well.
  if (const auto further = server.file("ssl_trusted_certificate")) {
    comparison.trust_file(where + "ssl_trusted_certificate", further);
  }
  comparison.lists_file(where + "ssl_crl", server.file("ssl_crl"));
  comparison.depth(where + "ssl_verify_depth", nginx_depth,
                   server.value("ssl_verify_depth").value_or("1"));
  check_protocols(comparison, server, where);
  check_error_pages(comparison, server, where);
  check_commands(comparison, server, where);
  if (!comparison.facts().crl) return;
  // A session that is resumed is not checked against the CRL again.
  comparison.expect(where + "ssl_session_tickets", "off", server.value("ssl_session_tickets"));
  const auto cache = server.value("ssl_session_cache");
  if (cache && *cache != "none") comparison.expect(where + "ssl_session_cache", "off", cache);
}

/// Files of nginx's own that only name types and parameters.
bool is_harmless(std::string_view include) {
  static constexpr std::array<std::string_view, 6> k_names{"mime.types",   "fastcgi_params",
                                                           "fastcgi.conf", "proxy_params",
                                                           "scgi_params",  "uwsgi_params"};
  // find's npos + 1 is 0: a name without a slash is its own last part.
  const std::string_view name = include.substr(include.rfind('/') + 1);
  return std::find(k_names.begin(), k_names.end(), name) != k_names.end();
}

/// A file that is not here could hold another server, or undo this one's settings.
void refuse_includes(Comparison& comparison, const Directives& directives) {
  for (const NginxDirective* one : all(directives, "include")) {
    if (one->words.size() < 2 || is_harmless(one->words[1])) continue;
    comparison.add(format("line {}: include {}", one->line, one->words[1]),
                   "the file itself: check what nginx -T prints", "a name");
  }
}

}  // namespace

void check_nginx(Comparison& comparison, std::string_view live) {
  const ServerListener wanted = server_listener(comparison.request());
  const NginxConfiguration configuration = read_nginx_configuration(live);
  const Directives& directives = configuration.directives;
  const NginxDirective* http = last(directives, "http");
  const NginxDirective* stream = last(directives, "stream");
  static const Directives k_nothing;
  const Directives& around = http == nullptr ? k_nothing : http->block;
  bool found = false;
  const auto check_block = [&](const Directives& block, const Directives& outer) {
    refuse_includes(comparison, block);
    for (const NginxDirective* one : all(block, "server")) {
      const Server server{*one, outer, configuration.directory};
      refuse_includes(comparison, one->block);
      if (server.listens(wanted.listen.port).empty()) continue;
      found = true;
      check_server(comparison, server, wanted.listen.port);
    }
  };
  check_block(directives, around);  // a file of conf.d has its servers at the top
  check_block(around, around);
  if (stream != nullptr) check_block(stream->block, stream->block);
  if (!found) comparison.add("server", format("listen {} ssl", wanted.listen.text()), "nothing");
}

}  // namespace mtls::render
