// A DER writer: values in, octets out.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "der/oid.hpp"
#include "der/reader.hpp"

#include <functional>

namespace mtls::der {

/// Appends elements to a buffer of its own. Lengths are written minimal; the order of SET OF is
/// the caller's.
class Writer final {
 public:
  Writer& element(std::uint8_t tag, ByteView content);
  /// Appends octets that are DER already.
  Writer& raw(ByteView octets);
  /// Writes a constructed element; `body` writes its content.
  template <class Body>
  Writer& constructed(std::uint8_t tag, Body&& body) {
    const std::size_t mark = open(tag);
    body(*this);
    return close(mark);
  }
  template <class Body>
  Writer& sequence(Body&& body) {
    return constructed(tag::sequence, std::forward<Body>(body));
  }
  /// TRUE is 0xff. DEFAULT FALSE is the caller's to leave out.
  Writer& boolean_true();
  Writer& boolean_false();
  Writer& integer(std::uint64_t value);
  /// A non-negative INTEGER given as big-endian octets: leading zeros are dropped, and one is put
  /// where the first bit would make it negative.
  Writer& unsigned_integer(ByteView magnitude);
  Writer& oid(const Oid& value);
  Writer& bit_string(ByteView octets, unsigned unused = 0);
  Writer& octet_string(ByteView octets);
  Writer& null();
  Writer& text(std::uint8_t tag, std::string_view value);
  /// UTCTime through 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). Years 1950 to
  /// 9999; others throw internal.
  Writer& time(UnixTime value);

  [[nodiscard]] ByteView view() const noexcept { return m_octets; }
  [[nodiscard]] Bytes take() && { return std::move(m_octets); }

 private:
  std::size_t open(std::uint8_t tag);
  Writer& close(std::size_t mark);
  Bytes m_octets;
};

}  // namespace mtls::der
