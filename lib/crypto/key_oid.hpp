// The object identifiers of key algorithms and curves, as content octets: compared as they stand,
// so that reading a key makes no Oid. Private to this room.
#pragma once

#include "base/bytes.hpp"
#include "crypto/key_spec.hpp"

#include <array>
#include <optional>

namespace mtls::crypto {

/// rsaEncryption, 1.2.840.113549.1.1.1 (RFC 8017 appendix C).
inline constexpr std::array<std::uint8_t, 9> k_oid_rsa{0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                       0x0d, 0x01, 0x01, 0x01};
/// id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480 section 2.1.1).
inline constexpr std::array<std::uint8_t, 7> k_oid_ec{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
/// id-Ed25519, 1.3.101.112 (RFC 8410 section 3).
inline constexpr std::array<std::uint8_t, 3> k_oid_ed25519{0x2b, 0x65, 0x70};

/// id-dsa, 1.2.840.10040.4.1 (RFC 3279 section 2.3.2).
inline constexpr std::array<std::uint8_t, 7> k_oid_dsa{0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01};
/// id-RSASSA-PSS, 1.2.840.113549.1.1.10 (RFC 8017 appendix C).
inline constexpr std::array<std::uint8_t, 9> k_oid_rsa_pss{0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                           0x0d, 0x01, 0x01, 0x0a};

/// Octets of an Ed25519 key, public or private.
inline constexpr std::size_t k_ed25519_size = 32;

/// Returns the content octets of the curve's object identifier (RFC 5480 section 2.1.1.1).
[[nodiscard]] ByteView curve_oid(Curve curve) noexcept;
[[nodiscard]] std::optional<Curve> find_curve(ByteView oid_content) noexcept;
/// Returns the curve's usual name, which is also libcrypto's group name, "P-256".
[[nodiscard]] const char* curve_name(Curve curve) noexcept;
/// Octets of a coordinate, and of a private scalar.
[[nodiscard]] std::size_t field_size(Curve curve) noexcept;

/// Returns the word for a key algorithm that KeySpec does not know: "DSA", else "algorithm 1.2.3".
[[nodiscard]] std::string describe_algorithm(ByteView oid_content);
/// Returns the words for EC on a curve that KeySpec does not know: "EC P-224", else "EC
/// curve 1.2.3".
[[nodiscard]] std::string describe_curve(ByteView oid_content);

}  // namespace mtls::crypto
