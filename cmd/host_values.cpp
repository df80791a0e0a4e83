#include "cmd/host_values.hpp"

#include "base/format.hpp"
#include "cmd/value_types.hpp"
#include "x509/idna.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

/// The part of `text` without any of the characters that end a host, around its first octet beyond
/// ASCII; empty where there is none.
std::string_view name_beyond_ascii(std::string_view text) {
  const auto* const found = std::find_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7fU; });
  if (found == text.end()) return {};
  constexpr std::string_view k_ends = ":/?#[]@,+ ";
  const auto at = static_cast<std::size_t>(found - text.begin());
  // find's npos + 1 is 0.
  const std::size_t begin = text.substr(0, at).find_last_of(k_ends) + 1;
  return text.substr(begin, text.find_first_of(k_ends, at) - begin);
}

}  // namespace

Error suggesting_a_labels(const Error& error, std::string_view text) {
  const auto a_labels = x509::to_a_labels(name_beyond_ascii(text));
  if (error.code() != Errc::usage || !a_labels || a_labels->find("xn--") == std::string::npos)
    return error;
  return {error.code(), error.message(), format("write {}", *a_labels)};
}

ValueType<std::string> host_value() {
  return {"HOST", "a host name or an IP address",
          [](const std::string& text) { return std::optional(with_a_labels(text, parse_host)); }};
}

ValueType<HostPort> host_port_value() {
  return {"HOST:PORT", "a host and a port", [](const std::string& text) {
            return std::optional(
                with_a_labels(text, [](std::string_view given) { return parse_host_port(given); }));
          }};
}

ValueType<HostPort> listen_value(PortZero zero) {
  return {"ADDRESS:PORT", "an IP address and a port", [zero](const std::string& text) {
            HostPort listen = with_a_labels(
                text, [zero](std::string_view given) { return parse_host_port(given, zero); });
            if (!is_ip_address(listen.host)) {
              throw Error(Errc::usage, format("'{}' is not an IP address", listen.host),
                          "give an address of this machine, such as 127.0.0.1:8443 or [::]:443");
            }
            return std::optional(std::move(listen));
          }};
}

ValueType<ResolveEntry> resolve_value() {
  return {"HOST:PORT:ADDRESS", "HOST:PORT:ADDRESS, such as www.example.com:443:192.0.2.1",
          [](const std::string& text) {
            return std::optional(with_a_labels(text, parse_resolve_entry));
          }};
}

ValueType<std::uint16_t> port_value() {
  return {"N", "a port from 1 to 65535", [](const std::string& text) { return parse_port(text); }};
}

}  // namespace mtls::cmd
