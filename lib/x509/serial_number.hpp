// Certificate serial numbers (RFC 5280 section 4.1.2.2).
#pragma once

#include "base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mtls::x509 {

/// A serial as its INTEGER's content octets. One that we make is 16 random octets, positive and
/// with all 128 bits drawn. One that is read may be anything DER allows up to 64 octets, negative
/// and zero included, so that foreign certificates can be shown.
class SerialNumber final {
 public:
  /// Makes one of 128 bits; nothing where they would be negative-looking is repaired by a leading
  /// 00. `random` must not be all zero (throws internal).
  [[nodiscard]] static SerialNumber from_random(std::span<const std::uint8_t, 16> random);
  /// `content` are the octets of an INTEGER; throws malformed where empty or over 64.
  [[nodiscard]] static SerialNumber from_content(ByteView content);
  /// Reads hex of either case, with or without 0x and colons; nothing if it is anything else.
  [[nodiscard]] static std::optional<SerialNumber> parse(std::string_view text);

  [[nodiscard]] ByteView content() const noexcept { return m_content; }
  /// Lower-case hex, two digits an octet, without DER's leading 00; "-" in front of a negative one.
  [[nodiscard]] std::string to_text() const;
  auto operator<=>(const SerialNumber& other) const = default;  // NOLINT(modernize-use-nullptr)
  bool operator==(const SerialNumber& other) const = default;

 private:
  explicit SerialNumber(Bytes content) : m_content(std::move(content)) {}
  Bytes m_content;
};

}  // namespace mtls::x509
