#include "base/error.hpp"
#include "base/format.hpp"
#include "render/comparison.hpp"
#include "render/config_words.hpp"
#include "render/server_listener.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mtls::render {
namespace {

/// A bind line, and what global says for all.
struct Bind {
  const HaproxyLine& line;
  std::string ca_base;

  [[nodiscard]] bool has(std::string_view word) const {
    const auto& words = line.words;
    for (std::size_t i = 2; i < words.size(); ++i) {
      // "name ssl" does not turn it on.
      if (words[i] == word && words[i - 1] != "name") return true;
    }
    return false;
  }
  /// What stands behind each `word`: the last one counts for HAProxy, and only here are all read.
  [[nodiscard]] std::vector<std::string> values(std::string_view word) const {
    std::vector<std::string> values;
    for (std::size_t i = 2; i + 1 < line.words.size(); ++i) {
      if (line.words[i] == word) values.push_back(line.words[i + 1]);
    }
    return values;
  }
  [[nodiscard]] std::vector<std::string> files(std::string_view word) const {
    auto paths = values(word);
    for (std::string& path : paths) {
      if (!ca_base.empty() && !path.starts_with('/')) path.insert(0, ca_base + "/");
    }
    return paths;
  }
};

enum class Reach { wanted, other, unknown };

/// Sockets that have no port: those of the file system, of the kernel's own names, of a back end.
bool is_without_port(std::string_view address) {
  if (address.starts_with("stream+")) address.remove_prefix(7);
  constexpr std::array<std::string_view, 8> k_beginnings{"/",      "unix@",     "uxst@",  "abns@",
                                                         "abnsz@", "sockpair@", "rhttp@", "rev@"};
  return std::any_of(k_beginnings.begin(), k_beginnings.end(),
                     [address](std::string_view one) { return address.starts_with(one); });
}

/// Whether `text` is a port and nothing else.
bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && rest == end;
}

/// Whether the port of an address, or both ends of its range, can be read in one way only. HAProxy
/// reads them with atoi: "443x" is 443 for it, and what is too large wraps around.
bool has_written_port(std::string_view address) {
  const std::string_view ports = address.substr(address.rfind(':') + 1);
  const std::size_t dash = ports.find('-');
  if (dash == std::string_view::npos) return is_port(ports);
  return is_port(ports.substr(0, dash)) && is_port(ports.substr(dash + 1));
}

/// Whether what an address says cannot be known: the environment says it, or whoever handed a
/// descriptor on, or it is no port.
bool is_unknown(std::string_view address) {
  if (address.find('$') != std::string_view::npos || address.starts_with("fd@")) return true;
  return !is_without_port(address) && !has_written_port(address);
}

/// Whether "127.0.0.1:443,[::1]:443" has the port.
Reach reach_of(std::string_view addresses, std::uint16_t port) {
  Reach reach = Reach::other;
  while (!addresses.empty()) {
    const std::size_t end = std::min(addresses.find(','), addresses.size());
    const std::string_view one = addresses.substr(0, end);
    if (has_port(one, port)) return Reach::wanted;
    if (is_unknown(one)) reach = Reach::unknown;
    addresses.remove_prefix(std::min(end + 1, addresses.size()));
  }
  return reach;
}

void check_verify(Comparison& comparison, const Bind& bind, const std::string& where) {
  const auto modes = bind.values("verify");
  if (modes.empty()) comparison.add(where + "verify", "required", "nothing");
  for (const std::string& mode : modes) comparison.expect(where + "verify", "required", mode);
  const auto trusted = bind.files("ca-file");
  if (trusted.empty()) comparison.trust_file(where + "ca-file", std::nullopt);
  for (const std::string& file : trusted) comparison.trust_file(where + "ca-file", file);
  for (const std::string& file : bind.files("ca-verify-file")) {
    comparison.trust_file(where + "ca-verify-file", file);
  }
  const auto lists = bind.files("crl-file");
  if (lists.empty()) comparison.lists_file(where + "crl-file", std::nullopt);
  for (const std::string& file : lists) comparison.lists_file(where + "crl-file", file);
}

void check_bind(Comparison& comparison, const Bind& bind) {
  const std::string where = format("bind {}, line {}: ", bind.line.words[1], bind.line.line);
  if (!bind.has("ssl")) {
    comparison.add(where + "ssl", "ssl", "nothing");
    return;
  }
  check_verify(comparison, bind, where);
  for (const std::string_view word : {"ca-ignore-err", "crt-ignore-err", "crt-list"}) {
    for (const std::string& value : bind.values(word)) {
      comparison.add(where + std::string(word), "nothing", value);
    }
  }
  for (const std::string& oldest : bind.values("ssl-min-ver")) {
    if (oldest == "SSLv3" || oldest == "TLSv1.0" || oldest == "TLSv1.1") {
      comparison.expect(where + "ssl-min-ver", "TLSv1.2", oldest);
    }
  }
  if (comparison.facts().crl && !bind.has("no-tls-tickets")) {
    // A session that is resumed is not checked against the CRL again.
    comparison.add(where + "no-tls-tickets", "no-tls-tickets", "nothing");
  }
}

/// One bind line, wherever it listens. Returns whether it is on the port.
bool check_if_reached(Comparison& comparison, const Bind& bind, std::uint16_t port) {
  switch (reach_of(bind.line.words[1], port)) {
    case Reach::wanted:
      check_bind(comparison, bind);
      return true;
    case Reach::unknown:
      comparison.add(format("bind, line {}", bind.line.line), "an address written out",
                     bind.line.words[1]);
      return false;
    case Reach::other:
      break;
  }
  return false;
}

/// What is known so far: a line holds for those behind it, in further files as well.
struct Reading {
  std::uint16_t port;
  std::string ca_base = {};
  std::optional<std::string> cache_size = std::nullopt;
  bool found = false;
};

void check_line(Comparison& comparison, const HaproxyLine& one, Reading& reading) {
  const std::string& word = one.words[0];
  if (word == ".if" || word.find('$') != std::string::npos) {
    comparison.add(format("line {}", one.line), "what does not hang on the surroundings", word);
  }
  if (word == "ssl-f-use") {
    comparison.add(format("line {}: ssl-f-use", one.line), "nothing", "a name's own settings");
  }
  if (one.words.size() < 2) return;
  if (word == "ca-base") reading.ca_base = one.words[1];
  if (word == "tune.ssl.cachesize") reading.cache_size = one.words[1];
  if (word == "bind" && check_if_reached(comparison, {one, reading.ca_base}, reading.port)) {
    reading.found = true;
  }
}

}  // namespace

void check_haproxy(Comparison& comparison, std::span<const LiveFile> live) {
  const auto naming =
      live.size() > 1 ? Comparison::Naming::with_file : Comparison::Naming::without_file;
  Reading reading{.port = server_listener(comparison.request()).listen.port};
  for (const LiveFile& file : live) {
    comparison.look_at(file, naming);
    const auto lines = with_context(file.name, [&file] { return read_haproxy(file.text); });
    for (const HaproxyLine& one : lines) check_line(comparison, one, reading);
  }
  comparison.look_at_all();
  if (!reading.found) {
    comparison.add("bind", format("{} ssl", server_listener(comparison.request()).listen.text()),
                   "nothing");
  }
  if (comparison.facts().crl) comparison.expect("tune.ssl.cachesize", "0", reading.cache_size);
}

}  // namespace mtls::render
