// A strict DER reader (X.690): definite minimal lengths, minimal integers, one-octet tags. What is
// not DER is refused with Errc::malformed; nothing is repaired. It owns nothing and never recurses,
// so that depth is bounded by its caller.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "der/oid.hpp"

#include <optional>

namespace mtls::der {

/// Identifier octets, as they stand in DER.
namespace tag {
inline constexpr std::uint8_t boolean = 0x01;
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bit_string = 0x03;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t null = 0x05;
inline constexpr std::uint8_t object_identifier = 0x06;
inline constexpr std::uint8_t enumerated = 0x0a;
inline constexpr std::uint8_t utf8_string = 0x0c;
inline constexpr std::uint8_t numeric_string = 0x12;
inline constexpr std::uint8_t printable_string = 0x13;
inline constexpr std::uint8_t teletex_string = 0x14;
inline constexpr std::uint8_t ia5_string = 0x16;
inline constexpr std::uint8_t utc_time = 0x17;
inline constexpr std::uint8_t generalized_time = 0x18;
inline constexpr std::uint8_t visible_string = 0x1a;
inline constexpr std::uint8_t universal_string = 0x1c;
inline constexpr std::uint8_t bmp_string = 0x1e;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t set = 0x31;
/// [number] IMPLICIT of a primitive type; number 0 to 30.
constexpr std::uint8_t context(unsigned number) {
  return static_cast<std::uint8_t>(0x80U | number);
}
/// [number] EXPLICIT, or IMPLICIT of a constructed type.
constexpr std::uint8_t context_constructed(unsigned number) {
  return static_cast<std::uint8_t>(0xa0U | number);
}
}  // namespace tag

/// One element: its tag, its content, and both with the length between.
struct Element {
  std::uint8_t tag;
  ByteView content;
  ByteView whole;
};

/// A BIT STRING's octets; `unused` low bits of the last octet are no part of it (and are zero).
struct BitString {
  ByteView octets;
  unsigned unused;
};

/// Reads the elements of one run of octets from front to end. All throw malformed, naming the
/// `what` given at construction ("certificate").
class Reader final {
 public:
  Reader(ByteView octets, std::string_view what) : m_rest(octets), m_what(what) {}

  [[nodiscard]] bool at_end() const noexcept { return m_rest.empty(); }
  [[nodiscard]] std::optional<std::uint8_t> peek_tag() const noexcept;
  [[nodiscard]] bool next_is(std::uint8_t tag) const noexcept { return peek_tag() == tag; }
  /// Reads whatever element is next.
  Element any();
  /// Reads an element that must have `tag`.
  Element element(std::uint8_t tag);
  /// Reads a constructed element with `tag` and returns a reader over its content.
  Reader into(std::uint8_t tag);
  /// As `into`, if the next element has that tag.
  std::optional<Reader> into_optional(std::uint8_t tag);
  std::optional<Element> optional(std::uint8_t tag);
  /// Reads BOOLEAN: 0xff or 0x00 only.
  bool boolean();
  /// Reads a minimal INTEGER's content (two's complement, at least one octet).
  ByteView integer();
  /// Reads a non-negative INTEGER below 2^63.
  std::uint64_t small_integer();
  Oid oid();
  BitString bit_string();
  ByteView octet_string();
  void null();
  /// Throws unless everything was read.
  void end() const;
  [[nodiscard]] ByteView rest() const noexcept { return m_rest; }
  [[noreturn]] void fail(std::string_view why) const;

 private:
  ByteView m_rest;
  std::string_view m_what;
};

/// Reads UTCTime (YYMMDDHHMMSSZ, years 1950 to 2049) or GeneralizedTime (YYYYMMDDHHMMSSZ), as
/// RFC 5280 section 4.1.2.5 has them. `element` is any() of a Reader; throws malformed.
[[nodiscard]] UnixTime read_time(const Element& element, std::string_view what);

/// True if `octets` is exactly one element of any tag with DER lengths throughout its constructed
/// parts, to a depth of 64.
[[nodiscard]] bool is_well_formed(ByteView octets) noexcept;

}  // namespace mtls::der
