// Host names as text, for those who judge or compare them. Private to this room.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mtls::x509 {

/// Returns what keeps `host` from being an LDH host name (RFC 5890 section 2.3.1) of at most 253
/// octets whose last label is not all digits: a sentence part ("an empty label"), else nothing.
[[nodiscard]] std::optional<std::string> host_objection(std::string_view host);

/// Whether `host` can be compared label by label: as above, but '_' counts as a letter, since old
/// certificates have it, and the last label may be digits.
[[nodiscard]] bool is_comparable_host(std::string_view host) noexcept;

/// Returns a hint that names `prefix` with the A-labels of `host` ("write dns:xn--…"); empty where
/// `host` is ASCII already or its A-labels are no host either.
[[nodiscard]] std::string a_label_hint(std::string_view prefix, std::string_view host);

/// `text` with ASCII letters in lower case.
[[nodiscard]] std::string to_lower(std::string_view text);

/// A text from outside in a message: escaped, and never long.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace mtls::x509
