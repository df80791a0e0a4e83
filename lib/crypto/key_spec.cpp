#include "crypto/key_spec.hpp"

#include "base/format.hpp"

#include <charconv>

namespace mtls::crypto {
namespace {

constexpr unsigned k_rsa_least = 2048;
constexpr unsigned k_rsa_most = 8192;

unsigned field_bits(Curve curve) noexcept {
  switch (curve) {
    case Curve::p256:
      return 256;
    case Curve::p384:
      return 384;
    case Curve::p521:
      return 521;
  }
  return 0;
}

std::optional<unsigned> parse_rsa_bits(std::string_view digits) noexcept {
  unsigned bits = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, bits);
  if (error != std::errc{} || end != last || digits.front() == '0') return std::nullopt;
  if (bits < k_rsa_least || bits > k_rsa_most || bits % 8 != 0) return std::nullopt;
  return bits;
}

}  // namespace

KeySpec KeySpec::rsa(unsigned bits) { return {KeyType::rsa, bits, std::nullopt}; }
KeySpec KeySpec::ec(Curve curve) { return {KeyType::ec, field_bits(curve), curve}; }
KeySpec KeySpec::ed25519() { return {KeyType::ed25519, 256, std::nullopt}; }

std::optional<KeySpec> KeySpec::parse(std::string_view text) {
  if (text == "ec:p256") return ec(Curve::p256);
  if (text == "ec:p384") return ec(Curve::p384);
  if (text == "ec:p521") return ec(Curve::p521);
  if (text == "ed25519") return ed25519();
  constexpr std::string_view k_rsa = "rsa:";
  if (text.rfind(k_rsa, 0) != 0) return std::nullopt;
  const auto bits = parse_rsa_bits(text.substr(k_rsa.size()));
  if (!bits) return std::nullopt;
  return rsa(*bits);
}

std::string KeySpec::to_text() const {
  switch (m_type) {
    case KeyType::rsa:
      return format("rsa:{}", m_bits);
    case KeyType::ec:
      return format("ec:p{}", m_bits);
    case KeyType::ed25519:
      break;
  }
  return "ed25519";
}

}  // namespace mtls::crypto
