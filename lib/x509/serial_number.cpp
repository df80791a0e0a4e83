#include "x509/serial_number.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

constexpr std::size_t k_octet_limit = 64;

bool is_minimal(ByteView content) {
  if (content.size() < 2) return true;
  const bool next_bit = content[1] >= 0x80;
  return !(content[0] == 0x00 && !next_bit) && !(content[0] == 0xff && next_bit);
}

/// The content octets of the non-negative INTEGER with this big-endian `magnitude`.
Bytes to_content(ByteView magnitude) {
  const auto first = std::find_if(magnitude.begin(), magnitude.end(),
                                  [](std::uint8_t octet) { return octet != 0; });
  Bytes content;
  content.reserve(magnitude.size() + 1);
  if (first == magnitude.end() || *first >= 0x80) content.push_back(0);
  content.insert(content.end(), first, magnitude.end());
  return content;
}

/// The absolute value of negative content: two's complement undone.
Bytes negated(Bytes octets) {
  bool carry = true;
  for (std::size_t at = octets.size(); at-- > 0;) {
    octets[at] = static_cast<std::uint8_t>(~octets[at] + (carry ? 1 : 0));
    carry = carry && octets[at] == 0;
  }
  return octets;
}

}  // namespace

SerialNumber SerialNumber::from_random(std::span<const std::uint8_t, 16> random) {
  Bytes content = to_content(random);
  if (content == Bytes{0})
    throw Error(Errc::internal, "the random octets of a serial are all zero");
  return SerialNumber(std::move(content));
}

SerialNumber SerialNumber::from_content(ByteView content) {
  if (content.empty() || content.size() > k_octet_limit) {
    throw Error(Errc::malformed, "a serial number that is empty or over 64 octets");
  }
  if (!is_minimal(content)) throw Error(Errc::malformed, "a serial number that is not minimal");
  return SerialNumber(to_bytes(content));
}

std::optional<SerialNumber> SerialNumber::parse(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  // An odd count of digits is what calculators print; with colons every octet has two.
  std::string even;
  if (text.size() % 2 != 0 && text.find(':') == std::string_view::npos) {
    even.append("0").append(text);
    text = even;
  }
  const auto magnitude = from_hex(text);
  if (!magnitude || magnitude->empty()) return std::nullopt;
  Bytes content = to_content(*magnitude);
  if (content.size() > k_octet_limit) return std::nullopt;
  return SerialNumber(std::move(content));
}

std::string SerialNumber::to_text() const {
  const bool negative = m_content[0] >= 0x80;
  const Bytes magnitude = negative ? negated(m_content) : m_content;
  ByteView shown = magnitude;
  if (shown.size() > 1 && shown[0] == 0) shown = shown.subspan(1);
  return (negative ? "-" : "") + to_hex(shown);
}

}  // namespace mtls::x509
