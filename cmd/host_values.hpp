// Options whose value is a host, a port or both, as base/host_port.hpp reads them.
#pragma once

#include "base/host_port.hpp"
#include "cmd/option_set.hpp"

#include <string>
#include <string_view>

namespace mtls::cmd {

/// A host name or an IP address.
[[nodiscard]] ValueType<std::string> host_value();
/// HOST:PORT.
[[nodiscard]] ValueType<HostPort> host_port_value();
/// ADDRESS:PORT to listen on.
[[nodiscard]] ValueType<HostPort> listen_value(PortZero zero);
/// HOST:PORT:ADDRESS[,ADDRESS], as curl's --resolve.
[[nodiscard]] ValueType<ResolveEntry> resolve_value();
[[nodiscard]] ValueType<std::uint16_t> port_value();

/// Returns `parse(text)`, where that reads hosts; its usage errors name the A-labels of an
/// internationalised name. All values above are read through it.
template <class Parse>
[[nodiscard]] auto with_a_labels(std::string_view text, Parse&& parse);

/// Returns `error` with the hint to write the A-labels of the first name beyond ASCII in `text`,
/// where it has one.
[[nodiscard]] Error suggesting_a_labels(const Error& error, std::string_view text);

template <class Parse>
auto with_a_labels(std::string_view text, Parse&& parse) {
  try {
    return parse(text);
  } catch (const Error& error) {
    throw suggesting_a_labels(error, text);
  }
}

}  // namespace mtls::cmd
