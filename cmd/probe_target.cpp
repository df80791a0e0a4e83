#include "cmd/probe_target.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/value_types.hpp"
#include "tls/address.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mtls::cmd {
namespace {

constexpr std::uint16_t k_https_port = 443;
constexpr std::chrono::seconds k_patience{10};  // with the resolver: two of its own tries

/// A name that can stand in a request and in SNI: letters, digits, '-', '.', '_', and ':' where it
/// is an IPv6 address.
bool is_host(std::string_view text) {
  if (tls::is_ip_address(text)) return true;
  constexpr std::size_t k_longest = 253;
  return !text.empty() && text.size() <= k_longest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_';
         });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || rest != text.data() + text.size() || port == 0) {
    return std::nullopt;
  }
  return port;
}

struct Authority {
  std::string host;
  std::optional<std::uint16_t> port;
};

/// "host", "host:443", "[::1]", "[::1]:443".
std::optional<Authority> parse_authority(std::string_view text) {
  std::string_view host = text;
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (!is_host(host)) return std::nullopt;
  std::string lower(host);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (rest.empty()) return Authority{std::move(lower), std::nullopt};
  const auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  return Authority{std::move(lower), port};
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string with_port(const std::string& host, std::uint16_t port) {
  const std::string bracketed = host.find(':') == std::string::npos ? host : format("[{}]", host);
  return port == k_https_port ? bracketed : format("{}:{}", bracketed, port);
}

}  // namespace

ValueType<HttpsUrl> https_url_value() {
  return {
      "URL", "https://HOST[:PORT][/PATH]", [](const std::string& text) -> std::optional<HttpsUrl> {
        constexpr std::string_view k_scheme = "https://";
        std::string_view rest = text;
        if (rest.substr(0, k_scheme.size()) != k_scheme || !is_printable_ascii(rest)) {
          return std::nullopt;
        }
        rest.remove_prefix(k_scheme.size());
        rest = rest.substr(0, rest.find('#'));
        const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
        const auto authority = parse_authority(rest.substr(0, end));
        if (!authority) return std::nullopt;
        std::string target(rest.substr(end));
        if (target.empty() || target.front() == '?') target = format("/{}", target);
        return HttpsUrl{authority->host, authority->port.value_or(k_https_port), std::move(target)};
      }};
}

ValueType<Resolved> resolved_value() {
  return {"HOST:PORT:ADDR", "HOST:PORT:ADDR, such as www.example.com:443:192.0.2.1",
          [](const std::string& text) -> std::optional<Resolved> {
            const std::size_t bracket = text.rfind(']', text.find(':'));
            const std::size_t start = bracket == std::string::npos ? 0 : bracket;
            const std::size_t first = text.find(':', start);
            const std::size_t second =
                first == std::string::npos ? first : text.find(':', first + 1);
            if (second == std::string::npos) return std::nullopt;
            const auto authority = parse_authority(std::string_view(text).substr(0, second));
            if (!authority || !authority->port) return std::nullopt;
            Resolved resolved{authority->host, *authority->port, {}};
            std::string_view rest = std::string_view(text).substr(second + 1);
            while (!rest.empty()) {
              std::string_view one = rest.substr(0, rest.find(','));
              rest.remove_prefix(std::min(one.size() + 1, rest.size()));
              if (one.size() > 2 && one.front() == '[' && one.back() == ']') {
                one = one.substr(1, one.size() - 2);
              }
              if (!tls::is_ip_address(one)) return std::nullopt;
              resolved.addresses.emplace_back(one);
            }
            if (resolved.addresses.empty()) return std::nullopt;
            return resolved;
          }};
}

ValueType<ProxyPlace> proxy_value() {
  return {"HOST:PORT", "[http://]HOST:PORT of an HTTP proxy",
          [](const std::string& text) -> std::optional<ProxyPlace> {
            constexpr std::string_view k_scheme = "http://";
            std::string_view rest = text;
            if (rest.substr(0, k_scheme.size()) == k_scheme) rest.remove_prefix(k_scheme.size());
            if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
            const auto authority = parse_authority(rest);
            if (!authority || !authority->port) return std::nullopt;
            return ProxyPlace{authority->host, *authority->port};
          }};
}

ValueType<std::string> host_value() {
  return {"NAME", "a host name", [](const std::string& text) -> std::optional<std::string> {
            if (!is_host(text)) return std::nullopt;
            return text;
          }};
}

void TargetOptions::add_to(OptionSet& options) {
  options.list("--resolve", resolve, resolved_value(),
               "Reach HOST:PORT at ADDR, as curl has it, instead of editing a hosts file");
  options.value("--sni", server_name, host_value(),
                "Server name to ask for, and to find in its certificate (default: HOST)");
  options.value("--host-header", host_header, text_value("NAME"),
                "Host of the request (default: the name of --sni, else HOST)");
  options.value("--alt-sni", alternate_name, host_value(),
                "Another name that the listener serves, maybe without certificates: for P7 and P8");
  options.value("--proxy", proxy, proxy_value(), "Reach it through an HTTP proxy (CONNECT)");
}

probe::Target TargetOptions::find() const {
  if (host_header && !is_printable_ascii(*host_header)) {
    throw Error(Errc::usage, "--host-header is no value of a Host field");
  }
  probe::Target target;
  target.request = {.host = host_header.value_or(host_of(trusted_name())), .target = url.target};
  const std::string& name = trusted_name();
  if (!tls::is_ip_address(name)) target.server_name = name;
  target.alternate_name = alternate_name;
  for (const Resolved& one : resolve) {
    if (one.host != url.host || one.port != url.port) {
      throw Error(Errc::usage,
                  format("--resolve is for {}:{}, and the URL's is {}:{}", one.host, one.port,
                         url.host, url.port),
                  "write the same host and port as in the URL: what is asked otherwise is the "
                  "listener that the name leads to today");
    }
    for (const std::string& ip : one.addresses) target.addresses.push_back({ip, url.port});
  }
  if (proxy) {
    const std::string host = target.addresses.empty() ? url.host : target.addresses.front().ip;
    target.proxy = tls::Proxy{.address = tls::resolve(proxy->host, proxy->port, k_patience).front(),
                              .target = host.find(':') == std::string::npos
                                            ? format("{}:{}", host, url.port)
                                            : format("[{}]:{}", host, url.port)};
    target.addresses = {{host, url.port}};
  }
  if (target.addresses.empty()) target.addresses = tls::resolve(url.host, url.port, k_patience);
  return target;
}

const std::string& TargetOptions::trusted_name() const {
  return server_name ? *server_name : url.host;
}

std::string TargetOptions::host_of(const std::string& name) const {
  return with_port(name, url.port);
}

std::string TargetOptions::to_text() const {
  return format("https://{}{}", with_port(url.host, url.port), url.target);
}

}  // namespace mtls::cmd
