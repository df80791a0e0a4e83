// Text in UTF-16, which Windows programs write (Exchange, PowerShell's `>`): recognised and decoded
// in this one place, for every reader of text.
#pragma once

#include "base/secret.hpp"

#include <optional>

namespace mtls {

/// Returns the UTF-8 form of `octets` (without the byte order mark) if they are text in UTF-16:
/// they begin with its mark, or with two ASCII characters of two octets each. Returns nothing for
/// anything else; DER and UTF-8 never begin so. Throws malformed for UTF-16 that is cut short or
/// damaged, and unsupported, with the command that converts it, for the mark of UTF-32.
[[nodiscard]] std::optional<SecretBytes> decode_utf16(ByteView octets);

/// True if `octets` begin as decode_utf16 says; it may still throw.
[[nodiscard]] bool begins_as_utf16(ByteView octets) noexcept;

}  // namespace mtls
