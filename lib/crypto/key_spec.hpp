// What kind of key: algorithm with its size or curve.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mtls::crypto {

enum class KeyType { rsa, ec, ed25519 };
/// The curves that may be used; no others are known to the project.
enum class Curve { p256, p384, p521 };

/// The kind of a key that can be made or accepted. RSA has any number of bits here; which are
/// allowed is the profile's and check_key's to say.
class KeySpec final {
 public:
  [[nodiscard]] static KeySpec rsa(unsigned bits);
  [[nodiscard]] static KeySpec ec(Curve curve);
  [[nodiscard]] static KeySpec ed25519();
  /// Reads rsa:2048|3072|4096 (any multiple of 8 from 2048 to 8192), ec:p256|p384|p521, ed25519;
  /// nothing if it is anything else.
  [[nodiscard]] static std::optional<KeySpec> parse(std::string_view text);

  /// Returns the text that parse reads ("rsa:4096").
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] KeyType type() const noexcept { return m_type; }
  /// Size in bits: of the modulus, of the curve's field, or 256 for Ed25519.
  [[nodiscard]] unsigned bits() const noexcept { return m_bits; }
  /// The curve of an EC key; nothing for others.
  [[nodiscard]] std::optional<Curve> curve() const noexcept { return m_curve; }
  bool operator==(const KeySpec& other) const = default;

 private:
  KeySpec(KeyType type, unsigned bits, std::optional<Curve> curve)
      : m_type(type), m_bits(bits), m_curve(curve) {}
  KeyType m_type;
  unsigned m_bits;
  std::optional<Curve> m_curve;
};

}  // namespace mtls::crypto
