#include "x509/crl_number.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace {

constexpr std::size_t k_octet_limit = 20;

}  // namespace

std::optional<CrlNumber> CrlNumber::from_content(ByteView content) {
  if (content.empty() || content.size() > k_octet_limit || content[0] >= 0x80) return std::nullopt;
  CrlNumber number;
  const auto* const first = std::find_if(content.data(), content.data() + content.size(),
                                         [](std::uint8_t octet) { return octet != 0; });
  number.m_magnitude.assign(first, content.data() + content.size());
  return number;
}

std::optional<CrlNumber> CrlNumber::parse(std::string_view text) {
  const auto octets = from_hex(text);
  if (!octets || octets->empty()) return std::nullopt;
  Bytes content;
  if (octets->front() >= 0x80) content.push_back(0);
  content.insert(content.end(), octets->begin(), octets->end());
  const auto number = from_content(content);
  if (!number || number->to_text() != text) return std::nullopt;
  return number;
}

std::string CrlNumber::to_text() const { return m_magnitude.empty() ? "00" : to_hex(m_magnitude); }

Bytes CrlNumber::content() const {
  Bytes content;
  if (m_magnitude.empty() || m_magnitude.front() >= 0x80) content.push_back(0);
  content.insert(content.end(), m_magnitude.begin(), m_magnitude.end());
  return content;
}

std::optional<CrlNumber> CrlNumber::next() const {
  Bytes octets = content();
  for (std::size_t at = octets.size(); at-- > 0;) {
    octets[at] = static_cast<std::uint8_t>(octets[at] + 1);
    if (octets[at] != 0) break;
  }
  if (octets[0] >= 0x80) octets.insert(octets.begin(), 0);  // it grew into the sign
  return from_content(octets);
}

std::strong_ordering CrlNumber::operator<=>(const CrlNumber& other) const {
  if (m_magnitude.size() != other.m_magnitude.size()) {
    return m_magnitude.size() <=> other.m_magnitude.size();
  }
  return std::lexicographical_compare_three_way(m_magnitude.begin(), m_magnitude.end(),
                                                other.m_magnitude.begin(), other.m_magnitude.end());
}

}  // namespace mtls::x509
