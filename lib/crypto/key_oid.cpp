#include "crypto/key_oid.hpp"

#include "base/format.hpp"
#include "der/oid.hpp"

#include <utility>

namespace mtls::crypto {
namespace {

constexpr std::array<std::uint8_t, 8> k_p256{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr std::array<std::uint8_t, 5> k_p384{0x2b, 0x81, 0x04, 0x00, 0x22};
constexpr std::array<std::uint8_t, 5> k_p521{0x2b, 0x81, 0x04, 0x00, 0x23};

using Named = std::pair<std::string_view, std::string_view>;

constexpr std::array k_algorithms{
    Named{"1.2.840.10040.4.1", "DSA"},
    Named{"1.2.840.113549.1.1.10", "RSASSA-PSS"},
    Named{"1.2.840.113549.1.1.7", "RSAES-OAEP"},
    Named{"1.2.840.113549.1.3.1", "DH"},
    Named{"1.2.840.10046.2.1", "DH"},
    Named{"1.3.101.110", "X25519"},
    Named{"1.3.101.111", "X448"},
    Named{"1.3.101.113", "Ed448"},
    Named{"2.16.840.1.101.3.4.3.17", "ML-DSA-44"},
    Named{"2.16.840.1.101.3.4.3.18", "ML-DSA-65"},
    Named{"2.16.840.1.101.3.4.3.19", "ML-DSA-87"},
};

constexpr std::array k_curves{
    Named{"1.2.840.10045.3.1.1", "P-192"},
    Named{"1.3.132.0.33", "P-224"},
    Named{"1.3.132.0.10", "secp256k1"},
    Named{"1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"},
    Named{"1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"},
    Named{"1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"},
    Named{"1.2.156.10197.1.301", "SM2"},
};

template <std::size_t Size>
std::optional<std::string_view> find_name(const std::array<Named, Size>& names,
                                          std::string_view dotted) {
  for (const auto& [oid, word] : names) {
    if (oid == dotted) return word;
  }
  return std::nullopt;
}

}  // namespace

ByteView curve_oid(Curve curve) noexcept {
  switch (curve) {
    case Curve::p256:
      return k_p256;
    case Curve::p384:
      return k_p384;
    case Curve::p521:
      return k_p521;
  }
  return {};
}

std::optional<Curve> find_curve(ByteView oid_content) noexcept {
  for (const Curve curve : {Curve::p256, Curve::p384, Curve::p521}) {
    if (equal(oid_content, curve_oid(curve))) return curve;
  }
  return std::nullopt;
}

const char* curve_name(Curve curve) noexcept {
  switch (curve) {
    case Curve::p256:
      return "P-256";
    case Curve::p384:
      return "P-384";
    case Curve::p521:
      return "P-521";
  }
  return "";
}

std::size_t field_size(Curve curve) noexcept {
  switch (curve) {
    case Curve::p256:
      return 32;
    case Curve::p384:
      return 48;
    case Curve::p521:
      return 66;
  }
  return 0;
}

std::string describe_algorithm(ByteView oid_content) {
  const std::string dotted = der::Oid::from_content(oid_content).to_dotted();
  if (const auto word = find_name(k_algorithms, dotted)) return std::string(*word);
  return format("algorithm {}", dotted);
}

std::string describe_curve(ByteView oid_content) {
  const std::string dotted = der::Oid::from_content(oid_content).to_dotted();
  if (const auto word = find_name(k_curves, dotted)) return format("EC {}", *word);
  return format("EC curve {}", dotted);
}

}  // namespace mtls::crypto
