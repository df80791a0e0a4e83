// Internationalised host names: only as A-labels; this makes the one to suggest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mtls::x509 {

/// Returns `host` (UTF-8) with every label beyond ASCII as its A-label: "xn--" and Punycode
/// (RFC 3492) of the label in lower case (Latin-1, Greek and Cyrillic; no Nameprep, so a
/// suggestion and not a verdict). Nothing where it is not UTF-8 or a label would pass 63 octets.
[[nodiscard]] std::optional<std::string> to_a_labels(std::string_view host);

/// Returns Punycode of `label`, without "xn--"; nothing on overflow.
[[nodiscard]] std::optional<std::string> punycode(const std::u32string& label);

}  // namespace mtls::x509
