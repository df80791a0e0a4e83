#include "base/error.hpp"
#include "base/format.hpp"
#include "render/comparison.hpp"
#include "render/config_words.hpp"
#include "render/haproxy_address.hpp"
#include "render/haproxy_bind.hpp"
#include "render/server_listener.hpp"

#include <algorithm>
#include <array>

namespace mtls::render {
namespace {

/// A line that opens a socket: bind, or `stats socket`.
struct Bind {
  const LiveFile* file;
  std::size_t line;
  std::string addresses;
  BindSettings settings;
  std::string ca_base;     // global's, for relative names
  bool elsewhere = false;  // relative names start at a place that is not known: default-path

  [[nodiscard]] std::string where() const { return format("bind {}, line {}: ", addresses, line); }
  [[nodiscard]] std::string path(std::string name) const {
    if (!ca_base.empty() && !name.starts_with('/') && !name.starts_with('@')) {
      name.insert(0, ca_base + "/");
    }
    return name;
  }
};

/// The settings of `global` that apply to every bind line.
struct Defaults {
  std::string cache_size;  // tune.ssl.cachesize; empty if absent
  bool no_tickets = false;
  std::vector<std::string> oldest;  // ssl-min-ver, force-...
};

/// The settings on verification of a bind line, or of a line of a crt-list, which come first there.
void check_files(Comparison& comparison, const Bind& bind, const BindSettings& settings,
                 const std::string& where) {
  for (const std::string& mode : settings.values("verify")) {
    comparison.expect(where + "verify", "required", mode);
  }
  for (const std::string_view keyword : {"ca-file", "ca-verify-file"}) {
    for (const std::string& file : settings.values(keyword)) {
      comparison.trust_file(where + std::string(keyword), bind.path(file));
      if (bind.elsewhere && !bind.path(file).starts_with('/')) {
        comparison.doubt(where + std::string(keyword), "a full path: default-path is set", file);
      }
    }
  }
  for (const std::string& file : settings.values("crl-file")) {
    comparison.lists_file(where + "crl-file", bind.path(file));
  }
  for (const std::string& word : settings.unclear) {
    comparison.doubt(where + word, "no setting whose effect is unknown", word);
  }
}

/// A crt-list has settings of its own for some names, and a session that was made under one name
/// resumes under another one: all must be as strict.
void check_crt_list(Comparison& comparison, const Bind& bind, const std::string& file) {
  const std::string where = bind.where() + "crt-list";
  std::optional<SecretBytes> content;
  try {
    content = comparison.read(file);
  } catch (const Error& error) {
    comparison.doubt(where, "a file that can be read here", error.message());
    return;
  }
  for (const CrtListLine& line : parse_crt_list(as_text(content->view()))) {
    check_files(comparison, bind, line.settings,
                format("{} {}, line {}: ", where, file, line.line));
  }
}

/// Whether a client gets in by `bind` only with a certificate of the CA.
void check_verify(Comparison& comparison, const Bind& bind) {
  const std::string where = bind.where();
  const BindSettings& settings = bind.settings;
  if (!settings.has("verify")) comparison.add(where + "verify", "required", "nothing");
  if (!settings.has("ca-file")) comparison.trust_file(where + "ca-file", std::nullopt);
  if (!settings.has("crl-file")) comparison.lists_file(where + "crl-file", std::nullopt);
  check_files(comparison, bind, settings, where);
  for (const std::string_view word : {"ca-ignore-err", "crt-ignore-err"}) {
    for (const std::string& value : settings.values(word)) {
      comparison.add(where + std::string(word), "nothing", value);
    }
  }
  for (const std::string& file : settings.values("crt-list")) {
    check_crt_list(comparison, bind, file);
  }
}

/// SSLv3, TLS 1.0 and 1.1 by any of their settings.
std::vector<std::string> old_versions(const BindSettings& settings) {
  std::vector<std::string> old;
  for (const std::string& oldest : settings.values("ssl-min-ver")) {
    if (oldest == "SSLv3" || oldest == "TLSv1.0" || oldest == "TLSv1.1") old.push_back(oldest);
  }
  for (const std::string_view word : {"force-sslv3", "force-tlsv10", "force-tlsv11"}) {
    if (settings.has(word)) old.emplace_back(word);
  }
  return old;
}

void check_bind(Comparison& comparison, const Bind& bind, const Defaults& defaults) {
  const std::string where = bind.where();
  const BindSettings& settings = bind.settings;
  if (!settings.has("ssl")) {
    comparison.add(where + "ssl", "ssl", "nothing");
    for (const std::string& word : settings.unclear) {
      comparison.doubt(where + word, "no setting whose effect is unknown", word);
    }
    return;
  }
  check_verify(comparison, bind);
  auto old = old_versions(settings);
  if (old.empty() && !settings.has("ssl-min-ver")) old = defaults.oldest;
  for (const std::string& one : old) comparison.add(where + "ssl-min-ver", "TLSv1.2", one);
  const bool no_tickets = settings.has("no-tls-tickets") || defaults.no_tickets;
  if (comparison.facts().crl && (!no_tickets || settings.has("tls-tickets"))) {
    // A session that is resumed is not checked against the CRL again.
    comparison.add(where + "no-tls-tickets", "no-tls-tickets", "nothing");
  }
}

/// What is known so far: a line of global applies to those behind it, in further files as well.
struct Reading {
  std::vector<Bind> binds;
  Defaults defaults;
  std::string ca_base;
  bool elsewhere = false;
};

/// Lines whose effect is not known: other code, and what depends on the environment.
void check_unclear(Comparison& comparison, const HaproxyLine& one) {
  static constexpr std::array<std::string_view, 7> k_unclear{
      "ssl-engine", "ssl-provider", "ssl-provider-path",  "ssl-propquery",
      "lua-load",   "program",      "lua-load-per-thread"};
  const std::string& word = one.words[0];
  if (word == ".if" || word.find('$') != std::string::npos) {
    comparison.doubt(format("line {}", one.line), "no line that depends on the environment", word);
  }
  if (word == "ssl-f-use") {
    comparison.doubt(format("line {}: ssl-f-use", one.line), "nothing", "a name's own settings");
  }
  if (std::find(k_unclear.begin(), k_unclear.end(), word) != k_unclear.end()) {
    comparison.doubt(format("line {}: {}", one.line, word), "no code whose effect is unknown",
                     one.words.size() > 1 ? one.words[1] : word);
  }
}

void read_default_options(const HaproxyLine& one, Defaults& defaults) {
  const BindSettings options = parse_bind(std::span(one.words).subspan(1));
  if (options.has("no-tls-tickets")) defaults.no_tickets = true;
  if (options.has("tls-tickets")) defaults.no_tickets = false;
  const auto old = old_versions(options);
  if (options.has("ssl-min-ver") || !old.empty()) defaults.oldest = old;
}

void read_line(Comparison& comparison, const LiveFile& file, const HaproxyLine& one,
               Reading& reading) {
  check_unclear(comparison, one);
  const auto& words = one.words;
  if (words.size() < 2) return;
  if (words[0] == "ca-base") reading.ca_base = words[1];
  if (words[0] == "default-path") {
    reading.elsewhere = words[1] != "current" && words[1] != "config";
  }
  if (words[0] == "tune.ssl.cachesize") reading.defaults.cache_size = words[1];
  if (words[0] == "ssl-default-bind-options") read_default_options(one, reading.defaults);
  const bool stats = words[0] == "stats" && words[1] == "socket" && words.size() > 2;
  if (words[0] != "bind" && !stats) return;
  const std::size_t address = stats ? 2 : 1;
  reading.binds.push_back({&file, one.line, words[address],
                           parse_bind(std::span(words).subspan(address + 1)), reading.ca_base,
                           reading.elsewhere});
}

/// All bind lines of a process share one cache of sessions, and a session that is resumed is not
/// checked again: a client that was let in on another port resumes on this one (2.6, TLS 1.2).
void check_shared_sessions(Comparison& comparison, const Bind& other, const Defaults& defaults,
                           Comparison::Naming naming) {
  if (!other.settings.has("ssl") || defaults.cache_size == "0") return;
  Comparison of_other(comparison.request());
  of_other.look_at(*other.file, naming);
  check_verify(of_other, other);
  const auto differences = of_other.take();
  if (differences.empty()) return;
  comparison.add(other.where() + "ssl",
                 "as strict as the checked port, or tune.ssl.cachesize 0 in global: else sessions "
                 "of this port resume there without a certificate",
                 format("{}: {}", differences.front().setting, differences.front().found));
}

/// The bind lines, wherever they listen. Returns whether one is on the port.
bool check_binds(Comparison& comparison, const Reading& reading, std::uint16_t port,
                 Comparison::Naming naming) {
  bool found = false;
  for (const Bind& bind : reading.binds) {
    comparison.look_at(*bind.file, naming);
    switch (reach_of(bind.addresses, port)) {
      case Reach::wanted:
        check_bind(comparison, bind, reading.defaults);
        found = true;
        break;
      case Reach::unknown:
        comparison.doubt(format("bind, line {}", bind.line), "an address written out",
                         bind.addresses);
        break;
      case Reach::other:
        check_shared_sessions(comparison, bind, reading.defaults, naming);
        break;
    }
  }
  return found;
}

}  // namespace

void check_haproxy(Comparison& comparison, std::span<const LiveFile> live) {
  const auto naming =
      live.size() > 1 ? Comparison::Naming::with_file : Comparison::Naming::without_file;
  const ServerListener wanted = server_listener(comparison.request());
  Reading reading;
  for (const LiveFile& file : live) {
    comparison.look_at(file, naming);
    const auto lines = with_context(file.name, [&file] { return read_haproxy(file.text); });
    for (const HaproxyLine& one : lines) read_line(comparison, file, one, reading);
  }
  const bool found = check_binds(comparison, reading, wanted.listen.port, naming);
  comparison.look_at_all();
  if (!found) comparison.add("bind", format("{} ssl", wanted.listen.text()), "nothing");
  if (!comparison.facts().crl) return;
  const std::string& size = reading.defaults.cache_size;
  comparison.expect("tune.ssl.cachesize", "0",
                    size.empty() ? std::nullopt : std::optional<std::string>(size));
}

}  // namespace mtls::render
