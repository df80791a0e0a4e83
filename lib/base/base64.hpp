// Base64 (RFC 4648 section 4), strict on reading.
#pragma once

#include "base/bytes.hpp"

namespace mtls {

/// Returns base64 with padding and no line breaks.
[[nodiscard]] std::string to_base64(ByteView bytes);
/// Reads padded base64. White space, missing padding, or non-zero bits behind the last octet
/// are not accepted: nothing is returned.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);

}  // namespace mtls
