#include "base/host_port.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mtls {
namespace {

constexpr std::size_t k_longest_label = 63;
constexpr std::size_t k_longest_name = 253;
constexpr std::string_view k_any_host = "*";
constexpr const char* k_endpoint_hint = "write HOST:PORT, such as localhost:8443";
constexpr const char* k_resolve_hint =
    "write HOST:PORT:ADDRESS, such as www.example.com:443:192.0.2.1";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_name_character(char c) {
  const char small = lower(c);
  return is_digit(c) || (small >= 'a' && small <= 'z') || c == '-' || c == '_';
}

bool is_beyond_ascii(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x7fU; });
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= k_longest_label && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), is_name_character);
}

/// Whether the resolver takes it for a number: then the whole is an address or nothing.
bool is_numeric(std::string_view label) {
  if (label.size() > 2 && label[0] == '0' && lower(label[1]) == 'x') {
    return label.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
  }
  return std::all_of(label.begin(), label.end(), is_digit);
}

[[noreturn]] void refuse(std::string message, std::string hint = {}) {
  throw Error(Errc::usage, std::move(message), std::move(hint));
}

[[noreturn]] void refuse_zone(std::string_view text) {
  refuse(format("'{}' has a zone ('%'), which is not supported", printable(text)),
         "give an address that needs none, such as a global or unique local one");
}

std::string parse_name(std::string_view text) {
  const std::string shown = printable(text.substr(0, k_longest_name));
  if (text.empty()) refuse("the host is empty");
  if (text.find('%') != std::string_view::npos) refuse_zone(text);
  if (is_beyond_ascii(text)) {
    refuse(format("the host '{}' is not ASCII", shown),
           "an internationalised name is written as A-labels (xn--...)");
  }
  // The absolute form, as the resolver has it.
  std::string_view name = text;
  if (name.size() > 1 && name.back() == '.') name.remove_suffix(1);
  bool good = name.size() <= k_longest_name;
  std::string_view label;
  for (std::size_t at = 0; good && at <= name.size(); at += label.size() + 1) {
    label = name.substr(at, name.find('.', at) - at);
    good = is_label(label);
  }
  if (!good || is_numeric(label)) {
    refuse(format("'{}' is neither a host name nor an IP address", shown));
  }
  std::string host(text);
  std::transform(host.begin(), host.end(), host.begin(), lower);
  return host;
}

/// A host at the beginning of `text`, which is left with what stands behind it: nothing, or ':' and
/// more.
std::string take_host(std::string_view& text) {
  if (!text.starts_with('[')) {
    const std::string_view host = text.substr(0, text.find(':'));
    text.remove_prefix(host.size());
    if (auto address = canonical_ip(host)) return *std::move(address);
    return parse_name(host);
  }
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) refuse("there is a '[' without its ']'");
  const std::string_view inside = text.substr(1, end - 1);
  if (inside.find('%') != std::string_view::npos) refuse_zone(inside);
  auto address = canonical_ip(inside);
  if (!address || address->find(':') == std::string::npos) {
    refuse(format("'{}' in brackets is not an IPv6 address", printable(inside)),
           "only IPv6 addresses stand in brackets");
  }
  text.remove_prefix(end + 1);
  if (!text.empty() && text.front() != ':') {
    refuse(format("'{}' follows the ']'", printable(text)));
  }
  return *std::move(address);
}

/// `text` is what stands behind the colon.
std::uint16_t require_port(std::string_view text, PortZero zero) {
  const auto port = parse_port(text, zero);
  if (port) return *port;
  if (text.empty()) refuse("the port is empty", k_endpoint_hint);
  refuse(format("'{}' is not a port", printable(text)),
         format("a port is a number from {} to 65535", zero == PortZero::allow ? 0 : 1));
}

HostPort parse(std::string_view text, std::optional<std::uint16_t> usual_port, PortZero zero) {
  // Two colons and no bracket: an IPv6 address whose end cannot be known.
  if (!text.starts_with('[') && std::count(text.begin(), text.end(), ':') > 1) {
    refuse(format("'{}' has colons outside brackets", printable(text)),
           "an IPv6 address is written in brackets, as in [::1]:443");
  }
  HostPort parsed{take_host(text), 0};
  if (text.empty()) {
    if (!usual_port) refuse("there is no port", k_endpoint_hint);
    parsed.port = *usual_port;
  } else {
    parsed.port = require_port(text.substr(1), zero);
  }
  return parsed;
}

std::string parse_address(std::string_view text) {
  const bool bracketed = text.size() > 1 && text.front() == '[' && text.back() == ']';
  const std::string_view inside = bracketed ? text.substr(1, text.size() - 2) : text;
  if (inside.find('%') != std::string_view::npos) refuse_zone(inside);
  auto address = canonical_ip(inside);
  if (!address) {
    refuse(format("'{}' is not an IP address", printable(text)), k_resolve_hint);
  }
  return *std::move(address);
}

}  // namespace

std::optional<std::uint16_t> parse_port(std::string_view text, PortZero zero) noexcept {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || rest != end) return std::nullopt;
  if (port == 0 && zero == PortZero::refuse) return std::nullopt;
  return port;
}

std::optional<std::string> canonical_ip(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string terminated(text);
  for (const int family : {AF_INET, AF_INET6}) {
    std::array<unsigned char, sizeof(in6_addr)> octets{};
    if (::inet_pton(family, terminated.c_str(), octets.data()) != 1) continue;
    std::array<char, INET6_ADDRSTRLEN> usual{};
    if (::inet_ntop(family, octets.data(), usual.data(), usual.size()) == nullptr) break;
    return std::string(usual.data());
  }
  return std::nullopt;
}

bool is_ip_address(std::string_view text) { return canonical_ip(text).has_value(); }

std::string parse_host(std::string_view text) {
  if (auto address = canonical_ip(text)) return *std::move(address);
  if (!text.starts_with('[')) return parse_name(text);
  std::string host = take_host(text);
  if (!text.empty()) refuse("a port is not expected here", "give the host alone");
  return host;
}

std::string url_host(std::string_view host) {
  return host.find(':') == std::string_view::npos ? std::string(host) : format("[{}]", host);
}

std::string host_port_text(std::string_view host, std::uint16_t port) {
  return format("{}:{}", url_host(host), port);
}

HostPort parse_host_port(std::string_view text, PortZero zero) {
  return parse(text, std::nullopt, zero);
}

HostPort parse_host_port_or(std::string_view text, std::uint16_t usual_port) {
  return parse(text, usual_port, PortZero::refuse);
}

bool ResolveEntry::matches(std::string_view host, std::uint16_t port) const {
  return port == endpoint.port && (endpoint.host == k_any_host || endpoint.host == host);
}

std::string ResolveEntry::text() const {
  std::string joined;
  for (const std::string& one : addresses) joined += (joined.empty() ? "" : ",") + url_host(one);
  return format("{}:{}", endpoint.text(), joined);
}

ResolveEntry parse_resolve_entry(std::string_view text) {
  if (text.starts_with('-')) {
    refuse("an entry that begins with '-' removes one, and there is none to remove",
           k_resolve_hint);
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  ResolveEntry entry;
  if (text.starts_with("*:")) {
    entry.endpoint.host = k_any_host;
    text.remove_prefix(1);
  } else {
    entry.endpoint.host = take_host(text);
  }
  const std::size_t colon = text.find(':', std::min<std::size_t>(1, text.size()));
  if (colon == std::string_view::npos) {
    refuse("there are not both a port and an address", k_resolve_hint);
  }
  entry.endpoint.port = require_port(text.substr(1, colon - 1), PortZero::refuse);
  text.remove_prefix(colon + 1);
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    // curl lets an empty one pass.
    if (!one.empty()) entry.addresses.push_back(parse_address(one));
  }
  if (entry.addresses.empty()) {
    refuse("the address is empty", k_resolve_hint);
  }
  return entry;
}

}  // namespace mtls
