#include "crypto/key_check.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/ed25519_point.hpp"
#include "crypto/evp_key.hpp"
#include "crypto/key_bounds.hpp"
#include "crypto/rsa_weakness.hpp"

#include <algorithm>

namespace mtls::crypto {
namespace {

constexpr unsigned k_fermat_rounds = 100;  // as CA/B Forum BR 6.1.1.3 has it

void check_rsa(const RsaPublicNumbers& numbers, std::vector<KeyFinding>& findings) {
  const auto modulus = make_number(numbers.modulus);
  if (const auto factor = find_small_factor(*modulus)) {
    findings.push_back({.defect = KeyDefect::rsa_small_factor,
                        .message = format("the RSA modulus is divisible by {}", *factor)});
  }
  if (has_roca_fingerprint(*modulus)) {
    findings.push_back({.defect = KeyDefect::rsa_roca,
                        .message = "the RSA key was made by Infineon's faulty library (ROCA, "
                                   "CVE-2017-15361) and can be computed"});
  }
  if (BN_is_odd(modulus.get()) != 0 && has_close_primes(*modulus, k_fermat_rounds)) {
    findings.push_back({.defect = KeyDefect::rsa_close_primes,
                        .message = "the primes of the RSA key are so close that it can be "
                                   "computed (Fermat's factorisation)"});
  }
}

bool is_on_curve(const PublicKey& key, const ossl::Context& context) {
  if (key.spec()->type() == KeyType::ed25519) return is_ed25519_point(key.key_bits());
  return find_evp_key(key, context) != nullptr;
}

bool has(const std::vector<KeyFinding>& findings, KeyDefect defect) {
  return std::any_of(findings.begin(), findings.end(),
                     [defect](const KeyFinding& finding) { return finding.defect == defect; });
}

}  // namespace

std::string_view name(KeyDefect defect) noexcept {
  switch (defect) {
    case KeyDefect::unsupported_algorithm:
      return "unsupported_algorithm";
    case KeyDefect::explicit_parameters:
      return "explicit_parameters";
    case KeyDefect::unsupported_curve:
      return "unsupported_curve";
    case KeyDefect::point_not_on_curve:
      return "point_not_on_curve";
    case KeyDefect::rsa_too_small:
      return "rsa_too_small";
    case KeyDefect::rsa_too_large:
      return "rsa_too_large";
    case KeyDefect::rsa_size_not_octets:
      return "rsa_size_not_octets";
    case KeyDefect::rsa_even_modulus:
      return "rsa_even_modulus";
    case KeyDefect::rsa_small_factor:
      return "rsa_small_factor";
    case KeyDefect::rsa_exponent:
      return "rsa_exponent";
    case KeyDefect::rsa_roca:
      return "rsa_roca";
    case KeyDefect::rsa_close_primes:
      return "rsa_close_primes";
  }
  return "";
}

std::vector<KeyFinding> check_key(const PublicKey& key, const ossl::Context& context) {
  std::vector<KeyFinding> findings = find_bound_defects(key);
  if (const auto rsa = key.rsa()) {
    if (!has(findings, KeyDefect::rsa_too_large)) check_rsa(*rsa, findings);
  } else if (findings.empty() && !is_on_curve(key, context)) {
    findings.push_back({.defect = KeyDefect::point_not_on_curve,
                        .message = format("the point of the {} key is not one of its curve's group",
                                          key.description())});
  }
  return findings;
}

void require_good_key(const PublicKey& key, std::string_view whose, const ossl::Context& context) {
  const std::vector<KeyFinding> findings = check_key(key, context);
  if (findings.empty()) return;
  throw Error(Errc::weak_key, format("{} is not accepted: {}", whose, findings.front().message),
              "make a new one with mtlsctl key generate");
}

}  // namespace mtls::crypto
