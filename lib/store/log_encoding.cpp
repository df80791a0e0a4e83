#include "store/log_encoding.hpp"

#include <array>

namespace mtls::store {
namespace {

std::array<std::uint8_t, 8> big_endian(std::uint64_t value) {
  std::array<std::uint8_t, 8> octets{};
  for (std::size_t i = octets.size(); i-- > 0; value >>= 8U) {
    octets.at(i) = static_cast<std::uint8_t>(value & 0xffU);
  }
  return octets;
}

}  // namespace

LogEncoding& LogEncoding::octets(ByteView value) {
  const auto length = big_endian(value.size());
  m_encoded.insert(m_encoded.end(), length.begin(), length.end());
  m_encoded.insert(m_encoded.end(), value.begin(), value.end());
  return *this;
}

LogEncoding& LogEncoding::number(std::int64_t value) {
  return octets(big_endian(static_cast<std::uint64_t>(value)));
}

LogEncoding& LogEncoding::optional_text(const std::optional<std::string>& value) {
  return value ? presence(1).text(*value) : presence(0);
}

LogEncoding& LogEncoding::optional_number(std::optional<std::int64_t> value) {
  return value ? presence(1).number(*value) : presence(0);
}

}  // namespace mtls::store
