// Whether 32 octets are a public key of Ed25519. Private to this room.
#pragma once

#include "base/bytes.hpp"

namespace mtls::crypto {

/// Returns whether `key` (32 octets) encodes a point of the curve (RFC 8032 section 5.1.3) that is
/// not of small order. Under a key of small order anybody can sign; libcrypto takes any octets.
[[nodiscard]] bool is_ed25519_point(ByteView key);

}  // namespace mtls::crypto
