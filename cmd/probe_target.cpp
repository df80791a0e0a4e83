#include "cmd/probe_target.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/host_values.hpp"
#include "cmd/value_types.hpp"
#include "tls/address.hpp"

#include <algorithm>
#include <utility>

namespace mtls::cmd {
namespace {

constexpr std::uint16_t k_https_port = 443;
constexpr std::chrono::seconds k_patience{10};  // with the resolver: two of its own tries

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string with_port(const std::string& host, std::uint16_t port) {
  return port == k_https_port ? url_host(host) : host_port_text(host, port);
}

}  // namespace

ValueType<HttpsUrl> https_url_value() {
  return {"URL", "https://HOST[:PORT][/PATH]",
          [](const std::string& text) -> std::optional<HttpsUrl> {
            constexpr std::string_view k_scheme = "https://";
            std::string_view rest = text;
            if (!rest.starts_with(k_scheme)) return std::nullopt;
            rest.remove_prefix(k_scheme.size());
            rest = rest.substr(0, rest.find('#'));
            const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
            auto [host, port] = with_a_labels(rest.substr(0, end), [](std::string_view authority) {
              return parse_host_port_or(authority, k_https_port);
            });
            std::string target(rest.substr(end));
            if (!is_printable_ascii(target)) return std::nullopt;
            if (target.empty() || target.front() == '?') target = format("/{}", target);
            return HttpsUrl{std::move(host), port, std::move(target)};
          }};
}

ValueType<HostPort> proxy_value() {
  return {"HOST:PORT", "[http://]HOST:PORT of an HTTP proxy", [](const std::string& text) {
            constexpr std::string_view k_scheme = "http://";
            std::string_view rest = text;
            if (rest.starts_with(k_scheme)) rest.remove_prefix(k_scheme.size());
            if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
            return std::optional(
                with_a_labels(rest, [](std::string_view place) { return parse_host_port(place); }));
          }};
}

void TargetOptions::add_to(OptionSet& options) {
  options.list("--resolve", resolve, resolve_value(),
               "Reach HOST:PORT at ADDRESS, as curl has it, instead of editing a hosts file");
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
  if (!is_ip_address(name)) target.server_name = name;
  target.alternate_name = alternate_name;
  for (const ResolveEntry& one : resolve) {
    if (!one.matches(url.host, url.port)) {
      throw Error(Errc::usage,
                  format("--resolve is for {}, and the URL's is {}", one.endpoint.text(),
                         host_port_text(url.host, url.port)),
                  "write the same host and port as in the URL: what is asked otherwise is the "
                  "listener that the name leads to today");
    }
    for (const std::string& ip : one.addresses) target.addresses.push_back({ip, url.port});
  }
  if (proxy) {
    const std::string host = target.addresses.empty() ? url.host : target.addresses.front().ip;
    target.proxy = tls::Proxy{.address = tls::resolve(proxy->host, proxy->port, k_patience).front(),
                              .target = host_port_text(host, url.port)};
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
