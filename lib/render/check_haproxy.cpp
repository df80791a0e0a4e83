#include "base/format.hpp"
#include "render/comparison.hpp"
#include "render/config_words.hpp"
#include "render/server_listener.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

/// A bind line, and what global says for all.
struct Bind {
  const HaproxyLine& line;
  std::string ca_base;

  [[nodiscard]] bool has(std::string_view word) const {
    return std::find(line.words.begin(), line.words.end(), word) != line.words.end();
  }
  [[nodiscard]] std::optional<std::string> value(std::string_view word) const {
    const auto found = std::find(line.words.begin(), line.words.end(), word);
    if (found == line.words.end() || found + 1 == line.words.end()) return std::nullopt;
    return *(found + 1);
  }
  [[nodiscard]] std::optional<std::string> file(std::string_view word) const {
    auto path = value(word);
    if (path && !ca_base.empty() && path->rfind('/', 0) != 0) path = ca_base + "/" + *path;
    return path;
  }
};

/// "127.0.0.1:443,[::1]:443" has several.
bool binds_port(std::string_view addresses, std::string_view port) {
  while (!addresses.empty()) {
    const std::size_t end = std::min(addresses.find(','), addresses.size());
    if (port_of(addresses.substr(0, end)) == port) return true;
    addresses.remove_prefix(std::min(end + 1, addresses.size()));
  }
  return false;
}

void check_bind(Comparison& comparison, const Bind& bind) {
  const std::string where = format("bind {}, line {}: ", bind.line.words[1], bind.line.line);
  if (!bind.has("ssl")) {
    comparison.add(where + "ssl", "ssl", "nothing");
    return;
  }
  comparison.expect(where + "verify", "required", bind.value("verify"));
  comparison.trust_file(where + "ca-file", bind.file("ca-file"));
  if (const auto further = bind.file("ca-verify-file")) {
    comparison.trust_file(where + "ca-verify-file", further);
  }
  comparison.lists_file(where + "crl-file", bind.file("crl-file"));
  for (const std::string_view word : {"ca-ignore-err", "crt-ignore-err", "crt-list"}) {
    if (const auto value = bind.value(word)) {
      comparison.add(where + std::string(word), "nothing", *value);
    }
  }
  const auto oldest = bind.value("ssl-min-ver");
  if (oldest && (*oldest == "SSLv3" || *oldest == "TLSv1.0" || *oldest == "TLSv1.1")) {
    comparison.expect(where + "ssl-min-ver", "TLSv1.2", oldest);
  }
  if (comparison.facts().crl && !bind.has("no-tls-tickets")) {
    // A session that is resumed is not checked against the CRL again.
    comparison.add(where + "no-tls-tickets", "no-tls-tickets", "nothing");
  }
}

}  // namespace

void check_haproxy(Comparison& comparison, std::string_view live) {
  const ServerListener wanted = server_listener(comparison.request());
  const std::string port = std::to_string(wanted.listen.port);
  const std::vector<HaproxyLine> lines = read_haproxy(live);
  std::string ca_base;
  std::optional<std::string> cache_size;
  for (const HaproxyLine& one : lines) {
    if (one.words.size() < 2) continue;
    if (one.words[0] == "ca-base") ca_base = one.words[1];
    if (one.words[0] == "tune.ssl.cachesize") cache_size = one.words[1];
  }
  bool found = false;
  for (const HaproxyLine& one : lines) {
    if (one.words[0] != "bind" || one.words.size() < 2) continue;
    if (!binds_port(one.words[1], port)) continue;
    found = true;
    check_bind(comparison, {one, ca_base});
  }
  if (!found) comparison.add("bind", format("{} ssl", wanted.listen.text()), "nothing");
  if (comparison.facts().crl) comparison.expect("tune.ssl.cachesize", "0", cache_size);
}

}  // namespace mtls::render
