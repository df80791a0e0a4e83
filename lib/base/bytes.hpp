// Octets and their hexadecimal text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mtls {

using Bytes = std::vector<std::uint8_t>;
/// A view of octets; owns nothing.
using ByteView = std::span<const std::uint8_t>;

/// Returns the octets of `text`, without its end.
[[nodiscard]] ByteView as_bytes(std::string_view text) noexcept;
/// Returns `bytes` seen as text; no check of any encoding.
[[nodiscard]] std::string_view as_text(ByteView bytes) noexcept;
[[nodiscard]] Bytes to_bytes(ByteView bytes);
[[nodiscard]] bool equal(ByteView left, ByteView right) noexcept;

/// Returns lower-case hex, two digits an octet, nothing between.
[[nodiscard]] std::string to_hex(ByteView bytes);
/// Returns upper-case hex with a colon between octets, as fingerprints are shown by openssl.
[[nodiscard]] std::string to_colon_hex(ByteView bytes);
/// Reads hex of either case, with or without colons between octets; nothing if it is anything else.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

}  // namespace mtls
