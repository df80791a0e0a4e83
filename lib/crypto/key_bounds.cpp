#include "crypto/key_bounds.hpp"

#include "base/format.hpp"
#include "crypto/key_check.hpp"
#include "crypto/key_oid.hpp"

namespace mtls::crypto {
namespace {

constexpr std::size_t k_exponent_octets = 32;  // FIPS 186-5 section 5.1: e < 2^256
constexpr std::uint32_t k_exponent_least = 65'537;
constexpr std::uint8_t k_uncompressed = 0x04;  // SEC 1 section 2.3.3

void add_rsa_modulus(ByteView modulus, unsigned bits, std::vector<KeyFinding>& findings) {
  if (bits < k_rsa_least_bits) {
    findings.push_back(
        {.defect = KeyDefect::rsa_too_small,
         .message = format("RSA {} is smaller than {} bits", bits, k_rsa_least_bits)});
  }
  if (bits > k_rsa_most_bits) {
    findings.push_back({.defect = KeyDefect::rsa_too_large,
                        .message = format("RSA {} is larger than {} bits", bits, k_rsa_most_bits)});
  }
  if (bits % 8 != 0) {
    findings.push_back({.defect = KeyDefect::rsa_size_not_octets,
                        .message = format("RSA {} is not a whole number of octets", bits)});
  }
  if ((modulus.back() & 1U) == 0) {
    findings.push_back(
        {.defect = KeyDefect::rsa_even_modulus, .message = "the RSA modulus is even"});
  }
}

std::string exponent_problem(ByteView exponent) {
  if (exponent.size() > k_exponent_octets) return "the RSA exponent is 2^256 or more";
  std::uint64_t low = 0;
  for (const std::uint8_t octet : exponent) low = low << 8U | octet;
  if (exponent.size() <= sizeof(low) && low < k_exponent_least) {
    return format("the RSA exponent {} is smaller than {}", low, k_exponent_least);
  }
  return (exponent.back() & 1U) == 0 ? "the RSA exponent is even" : "";
}

}  // namespace

std::vector<KeyFinding> find_bound_defects(const PublicKey& key) {
  std::vector<KeyFinding> findings;
  const auto add = [&findings](KeyDefect defect, std::string message) {
    findings.push_back({.defect = defect, .message = std::move(message)});
  };
  if (key.form() == KeyForm::other_algorithm) {
    add(KeyDefect::unsupported_algorithm,
        format("{} keys are not accepted, only RSA, EC and Ed25519", key.description()));
  } else if (key.form() == KeyForm::explicit_curve) {
    add(KeyDefect::explicit_parameters, "the EC key spells out its curve instead of naming it");
  } else if (key.form() == KeyForm::other_curve) {
    add(KeyDefect::unsupported_curve,
        format("{} is not accepted, only P-256, P-384 and P-521", key.description()));
  }
  const std::optional<KeySpec> spec = key.spec();
  if (spec && spec->curve()) {
    const ByteView point = key.key_bits();
    if (point.size() != 1 + 2 * field_size(*spec->curve()) || point[0] != k_uncompressed) {
      add(KeyDefect::point_not_on_curve,
          format("the point of the {} key is not an uncompressed point", key.description()));
    }
  }
  if (const auto rsa = key.rsa()) {
    add_rsa_modulus(rsa->modulus, spec->bits(), findings);
    if (std::string problem = exponent_problem(rsa->exponent); !problem.empty()) {
      add(KeyDefect::rsa_exponent, std::move(problem));
    }
  }
  return findings;
}

}  // namespace mtls::crypto
