// CRL numbers (RFC 5280 section 5.2.3).
#pragma once

#include "base/bytes.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace mtls::x509 {

/// A non-negative INTEGER of up to 20 octets, which is what RFC 5280 lets a CRL have. They are
/// ordered as numbers.
class CrlNumber final {
 public:
  /// Zero.
  CrlNumber() = default;
  /// Reads the content octets of an INTEGER; nothing for a negative or a longer one.
  [[nodiscard]] static std::optional<CrlNumber> from_content(ByteView content);
  /// Reads what `to_text` returns; nothing for any other text.
  [[nodiscard]] static std::optional<CrlNumber> parse(std::string_view text);

  /// Lower-case hex, two digits per octet: "00", "0fa0".
  [[nodiscard]] std::string to_text() const;
  /// The content octets of the INTEGER.
  [[nodiscard]] Bytes content() const;
  /// The number after this one; nothing where that would have over 20 octets.
  [[nodiscard]] std::optional<CrlNumber> next() const;

  std::strong_ordering operator<=>(const CrlNumber& other) const;
  bool operator==(const CrlNumber& other) const = default;

 private:
  Bytes m_magnitude;  // big-endian, without leading zeros; empty for zero
};

}  // namespace mtls::x509
