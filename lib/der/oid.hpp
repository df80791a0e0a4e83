// Object identifiers (X.690 section 8.19).
#pragma once

#include "base/bytes.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace mtls::der {

/// An object identifier as its content octets; valid once it exists: at least one arc pair, each
/// sub-identifier minimal, at most 64 octets in all. Arcs have any size (2.25 and a UUID of 128
/// bits, X.667).
class Oid final {
 public:
  /// Throws malformed.
  [[nodiscard]] static Oid from_content(ByteView content);
  /// Reads dotted decimal ("2.5.29.17"); nothing if it is no such text.
  [[nodiscard]] static std::optional<Oid> parse(std::string_view dotted);

  [[nodiscard]] ByteView content() const noexcept { return m_content; }
  [[nodiscard]] std::string to_dotted() const;
  /// The order of their content octets; no other sense is in it.
  std::strong_ordering operator<=>(const Oid& other) const noexcept;
  bool operator==(const Oid& other) const = default;

 private:
  explicit Oid(Bytes content) : m_content(std::move(content)) {}
  Bytes m_content;
};

/// Returns the Oid of a dotted literal of the program's own; throws internal where it is none.
[[nodiscard]] Oid oid(std::string_view dotted);

}  // namespace mtls::der
