#include "render/haproxy_address.hpp"

#include "render/config_words.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mtls::render {
namespace {

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

/// Whether an address cannot be known from the file: it is a variable of the environment, a
/// descriptor that was passed on, or no plain port number.
bool is_unknown(std::string_view address) {
  if (address.find('$') != std::string_view::npos || address.starts_with("fd@")) return true;
  return !is_without_port(address) && !has_written_port(address);
}

}  // namespace

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

}  // namespace mtls::render
