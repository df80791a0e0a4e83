#include "base/error.hpp"
#include "base/format.hpp"
#include "render/comparison.hpp"
#include "render/config_words.hpp"
#include "render/server_listener.hpp"

#include <algorithm>
#include <charconv>

namespace mtls::render {
namespace {

using Directives = std::vector<NginxDirective>;

const NginxDirective* last(const Directives& directives, std::string_view name) {
  const auto found = std::find_if(directives.rbegin(), directives.rend(),
                                  [name](const NginxDirective& one) { return one.name() == name; });
  return found == directives.rend() ? nullptr : &*found;
}

/// A server with the block around it, whose directives hold where it has none of its own.
struct Server {
  const NginxDirective& server;
  const Directives& http;

  [[nodiscard]] const NginxDirective* directive(std::string_view name) const {
    const NginxDirective* own = last(server.block, name);
    return own != nullptr ? own : last(http, name);
  }
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const {
    const NginxDirective* found = directive(name);
    if (found == nullptr || found->words.size() < 2) return std::nullopt;
    return found->words[1];
  }
  [[nodiscard]] bool listens_to(std::string_view port) const {
    return std::any_of(server.block.begin(), server.block.end(), [port](const auto& one) {
      return one.name() == "listen" && one.words.size() > 1 && port_of(one.words[1]) == port;
    });
  }
};

void check_depth(Comparison& comparison, const Server& server, const std::string& where) {
  const std::size_t needed = comparison.facts().chain.size() - 1;
  const std::string text = server.value("ssl_verify_depth").value_or("1");
  std::size_t depth = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), depth);
  if (error == std::errc() && rest == text.data() + text.size() && depth >= needed) return;
  comparison.add(where + "ssl_verify_depth", format("{} or more", needed), text);
}

void check_protocols(Comparison& comparison, const Server& server, const std::string& where) {
  const NginxDirective* protocols = server.directive("ssl_protocols");
  if (protocols == nullptr) return;
  for (const std::string& word : protocols->words) {
    if (word == "TLSv1" || word == "TLSv1.1" || word == "SSLv2" || word == "SSLv3") {
      comparison.add(where + "ssl_protocols", "TLSv1.2 TLSv1.3", word);
    }
  }
}

void check_server(Comparison& comparison, const Server& server) {
  const NginxDirective* names = last(server.server.block, "server_name");
  const std::string where = format(
      "server {}, line {}: ", names != nullptr && names->words.size() > 1 ? names->words[1] : "_",
      server.server.line);
  comparison.expect(where + "ssl_verify_client", "on", server.value("ssl_verify_client"));
  comparison.trust_file(where + "ssl_client_certificate", server.value("ssl_client_certificate"));
  // What stands there is trusted for clients as well.
  if (const auto further = server.value("ssl_trusted_certificate")) {
    comparison.trust_file(where + "ssl_trusted_certificate", further);
  }
  comparison.lists_file(where + "ssl_crl", server.value("ssl_crl"));
  check_depth(comparison, server, where);
  check_protocols(comparison, server, where);
  if (!comparison.facts().crl) return;
  // A session that is resumed is not checked against the CRL again.
  comparison.expect(where + "ssl_session_tickets", "off", server.value("ssl_session_tickets"));
  const auto cache = server.value("ssl_session_cache");
  if (cache && *cache != "none") comparison.expect(where + "ssl_session_cache", "off", cache);
}

/// Files that only name types and parameters.
bool is_harmless(std::string_view include) {
  const auto ends_with = [include](std::string_view end) {
    return include.size() >= end.size() && include.substr(include.size() - end.size()) == end;
  };
  return ends_with("mime.types") || ends_with("_params");
}

/// A server in a file that is not here could be another way in.
void refuse_includes(Comparison& comparison, const Directives& directives) {
  for (const NginxDirective& one : directives) {
    const bool included = one.name() == "include" && one.words.size() > 1;
    if (included && !is_harmless(one.words[1])) {
      comparison.add(format("line {}: include {}", one.line, one.words[1]),
                     "the file itself: check what nginx -T prints", "a name");
    }
  }
}

}  // namespace

void check_nginx(Comparison& comparison, std::string_view live) {
  const ServerListener wanted = server_listener(comparison.request());
  const std::string port = std::to_string(wanted.listen.port);
  const Directives directives = read_nginx(live);
  const NginxDirective* http = last(directives, "http");
  static const Directives k_nothing;
  const Directives& around = http == nullptr ? k_nothing : http->block;
  std::vector<Server> servers;
  // nginx -T prints the files that http includes, and a file of conf.d has its servers, at the top.
  for (const Directives* block : {&directives, &around}) {
    for (const NginxDirective& one : *block) {
      if (one.name() != "server") continue;
      const Server server{one, around};
      if (server.listens_to(port)) servers.push_back(server);
    }
  }
  if (servers.empty()) {
    comparison.add("server", format("listen {} ssl", wanted.listen.text()), "nothing");
  }
  for (const Server& server : servers) check_server(comparison, server);
  // The heading of each file in what nginx -T prints.
  if (live.find("# configuration file ") != std::string_view::npos) return;
  refuse_includes(comparison, directives);
  refuse_includes(comparison, around);
}

}  // namespace mtls::render
