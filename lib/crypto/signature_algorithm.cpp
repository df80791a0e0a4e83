#include "crypto/signature_algorithm.hpp"

#include <array>

namespace mtls::crypto {
namespace {

// RFC 4055 section 5 (parameters NULL), RFC 5758 section 3.2 and RFC 8410 section 3 (none).
constexpr std::array<std::uint8_t, 15> k_rsa_sha256{0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                                    0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};
constexpr std::array<std::uint8_t, 15> k_rsa_sha384{0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                                    0xf7, 0x0d, 0x01, 0x01, 0x0c, 0x05, 0x00};
constexpr std::array<std::uint8_t, 15> k_rsa_sha512{0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                                    0xf7, 0x0d, 0x01, 0x01, 0x0d, 0x05, 0x00};
constexpr std::array<std::uint8_t, 12> k_ecdsa_sha256{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                      0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
constexpr std::array<std::uint8_t, 12> k_ecdsa_sha384{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                      0x48, 0xce, 0x3d, 0x04, 0x03, 0x03};
constexpr std::array<std::uint8_t, 12> k_ecdsa_sha512{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                      0x48, 0xce, 0x3d, 0x04, 0x03, 0x04};
constexpr std::array<std::uint8_t, 7> k_ed25519{0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};

constexpr std::array k_all{SignatureAlgorithm::rsa_sha256,   SignatureAlgorithm::rsa_sha384,
                           SignatureAlgorithm::rsa_sha512,   SignatureAlgorithm::ecdsa_sha256,
                           SignatureAlgorithm::ecdsa_sha384, SignatureAlgorithm::ecdsa_sha512,
                           SignatureAlgorithm::ed25519};

bool is_rsa(SignatureAlgorithm algorithm) noexcept {
  return algorithm == SignatureAlgorithm::rsa_sha256 ||
         algorithm == SignatureAlgorithm::rsa_sha384 || algorithm == SignatureAlgorithm::rsa_sha512;
}

/// True if `der` is `whole`, an RSA AlgorithmIdentifier, without the two octets of its NULL.
/// RFC 4055 section 5 has both forms accepted.
bool is_without_null(ByteView der, ByteView whole) noexcept {
  return der.size() == whole.size() - 2 && der[0] == whole[0] && der[1] == whole[1] - 2 &&
         equal(der.subspan(2), whole.subspan(2, whole.size() - 4));
}

}  // namespace

ByteView algorithm_identifier(SignatureAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case SignatureAlgorithm::rsa_sha256:
      return k_rsa_sha256;
    case SignatureAlgorithm::rsa_sha384:
      return k_rsa_sha384;
    case SignatureAlgorithm::rsa_sha512:
      return k_rsa_sha512;
    case SignatureAlgorithm::ecdsa_sha256:
      return k_ecdsa_sha256;
    case SignatureAlgorithm::ecdsa_sha384:
      return k_ecdsa_sha384;
    case SignatureAlgorithm::ecdsa_sha512:
      return k_ecdsa_sha512;
    case SignatureAlgorithm::ed25519:
      return k_ed25519;
  }
  return {};
}

std::optional<SignatureAlgorithm> find_signature_algorithm(ByteView der) noexcept {
  for (const SignatureAlgorithm algorithm : k_all) {
    const ByteView whole = algorithm_identifier(algorithm);
    if (equal(der, whole)) return algorithm;
    if (is_rsa(algorithm) && is_without_null(der, whole)) return algorithm;
  }
  return std::nullopt;
}

std::string_view name(SignatureAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case SignatureAlgorithm::rsa_sha256:
      return "sha256WithRSAEncryption";
    case SignatureAlgorithm::rsa_sha384:
      return "sha384WithRSAEncryption";
    case SignatureAlgorithm::rsa_sha512:
      return "sha512WithRSAEncryption";
    case SignatureAlgorithm::ecdsa_sha256:
      return "ecdsa-with-SHA256";
    case SignatureAlgorithm::ecdsa_sha384:
      return "ecdsa-with-SHA384";
    case SignatureAlgorithm::ecdsa_sha512:
      return "ecdsa-with-SHA512";
    case SignatureAlgorithm::ed25519:
      return "Ed25519";
  }
  return "";
}

SignatureAlgorithm signature_algorithm(KeyType type, Digest digest) noexcept {
  const bool rsa = type == KeyType::rsa;
  if (type == KeyType::ed25519) return SignatureAlgorithm::ed25519;
  switch (digest) {
    case Digest::sha384:
      return rsa ? SignatureAlgorithm::rsa_sha384 : SignatureAlgorithm::ecdsa_sha384;
    case Digest::sha512:
      return rsa ? SignatureAlgorithm::rsa_sha512 : SignatureAlgorithm::ecdsa_sha512;
    case Digest::sha256:
      break;
  }
  return rsa ? SignatureAlgorithm::rsa_sha256 : SignatureAlgorithm::ecdsa_sha256;
}

Digest default_digest(const KeySpec& spec) noexcept {
  if (spec.curve() == Curve::p384) return Digest::sha384;
  if (spec.curve() == Curve::p521) return Digest::sha512;
  return Digest::sha256;
}

std::optional<Digest> parse_digest(std::string_view text) noexcept {
  for (const Digest digest : {Digest::sha256, Digest::sha384, Digest::sha512}) {
    if (text == name(digest)) return digest;
  }
  return std::nullopt;
}

std::string_view name(Digest digest) noexcept {
  switch (digest) {
    case Digest::sha256:
      return "sha256";
    case Digest::sha384:
      return "sha384";
    case Digest::sha512:
      return "sha512";
  }
  return "";
}

}  // namespace mtls::crypto
