// The encoding under every hash of the log: what is hashed never depends on a schema, an engine or
// a locale.
#pragma once

#include "base/bytes.hpp"
#include "crypto/digest.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mtls::store {

/// Octets to be hashed: a label that names the kind and version of what follows, then fields in a
/// fixed order. A field is its length as eight octets, most significant first, and its octets; a
/// number is a field of eight octets in two's complement; one that may be absent is preceded by a
/// field of one octet, 0 or 1. No two sequences of fields have the same encoding.
class LogEncoding final {
 public:
  explicit LogEncoding(std::string_view label) { text(label); }

  LogEncoding& text(std::string_view value) { return octets(as_bytes(value)); }
  LogEncoding& octets(ByteView value);
  LogEncoding& number(std::int64_t value);
  LogEncoding& optional_text(const std::optional<std::string>& value);
  LogEncoding& optional_number(std::optional<std::int64_t> value);

  [[nodiscard]] ByteView encoded() const noexcept { return m_encoded; }
  [[nodiscard]] crypto::Sha256 hash() const { return crypto::sha256(m_encoded); }

 private:
  LogEncoding& presence(std::uint8_t octet) { return octets({&octet, 1}); }

  Bytes m_encoded;
};

}  // namespace mtls::store
