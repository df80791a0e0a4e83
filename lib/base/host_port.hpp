// Hosts and ports as command lines and URLs have them. One reader and one wording for all options:
// HOST is a name (letters, digits, '-' and '_' in labels of at most 63, 253 in all, a dot at the
// end let pass), an IPv4 address, or an IPv6 address in brackets (RFC 3986 section 3.2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls {

/// Whether port 0 ("a free one") is allowed.
enum class PortZero { refuse, allow };

/// Reads a decimal port and nothing else: no sign, no white space; leading zeros are let pass, as
/// curl does. Nothing for anything else.
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view text,
                                                      PortZero zero = PortZero::refuse) noexcept;

/// Returns the usual text of an IPv4 or IPv6 address (RFC 5952; IPv4 with four decimal numbers
/// without leading zeros); nothing for anything else: no brackets, no zone, no shorthand ("127.1").
[[nodiscard]] std::optional<std::string> canonical_ip(std::string_view text);
[[nodiscard]] bool is_ip_address(std::string_view text);

/// Reads a host without a port: a name, in lower case then, or an address without brackets or an
/// IPv6 one in them, as canonical_ip has it. Throws usage with the reason.
[[nodiscard]] std::string parse_host(std::string_view text);

/// Returns `host` as a URL has it: an IPv6 address in brackets.
[[nodiscard]] std::string url_host(std::string_view host);
/// "localhost:8443", "[::1]:8443".
[[nodiscard]] std::string host_port_text(std::string_view host, std::uint16_t port);

/// A host and a port.
struct HostPort {
  std::string host;  // as parse_host returns it: without brackets
  std::uint16_t port = 0;

  /// "localhost:8443", "[::1]:8443".
  [[nodiscard]] std::string text() const { return host_port_text(host, port); }
  bool operator==(const HostPort& other) const = default;
};

/// Reads "HOST:PORT". Throws usage with the reason: no port, or one out of range; an IPv6 address
/// without brackets; a zone; a host that is none; anything behind the port.
[[nodiscard]] HostPort parse_host_port(std::string_view text, PortZero zero = PortZero::refuse);
/// The same with "HOST" alone allowed, for what has a usual port (a URL's authority).
[[nodiscard]] HostPort parse_host_port_or(std::string_view text, std::uint16_t usual_port);

/// HOST:PORT:ADDRESS[,ADDRESS]..., instead of an entry in a hosts file, as curl's --resolve has it.
struct ResolveEntry {
  HostPort endpoint;                   // host "*": every host
  std::vector<std::string> addresses;  // at least one; canonical, without brackets

  /// Whether it is about `host` (as parse_host returns it) and `port`.
  [[nodiscard]] bool matches(std::string_view host, std::uint16_t port) const;
  /// The text that curl and `mtlsctl probe` read: "h:443:127.0.0.1,[::1]".
  [[nodiscard]] std::string text() const;
};

/// Reads what curl reads: HOST may be '*', IPv6 addresses may stand in brackets, and a '+' in front
/// (which makes curl's entry expire) means nothing here. Unlike curl it throws usage for
/// "-HOST:PORT" (it removes an entry, and there is none), an empty host, port 0, and a port with a
/// sign or white space.
[[nodiscard]] ResolveEntry parse_resolve_entry(std::string_view text);

}  // namespace mtls
