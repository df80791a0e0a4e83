#include "crypto/evp_key.hpp"
#include "crypto/rsa_numbers.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/bn.h>
#include <system_error>

#include <future>
#include <utility>

namespace mtls::crypto {
namespace {

constexpr BN_ULONG k_exponent = 65'537;
constexpr int k_least_distance = 100;  // FIPS 186-5 appendix A.1.3 step 5.4: |p - q| > 2^(k-100)

ossl::Handle<BN_CTX> new_scratch(OSSL_LIB_CTX* library) {
  return ossl::Handle<BN_CTX>(
      ossl::require_pointer(BN_CTX_secure_new_ex(library), "BN_CTX_secure_new_ex"));
}

/// Returns a prime of `bits` bits, the top two set, one less than which 65537 does not divide.
ossl::Handle<BIGNUM> find_prime(int bits, OSSL_LIB_CTX* library) {
  const auto scratch = new_scratch(library);
  auto prime = new_secret_number();
  do {
    if (BN_generate_prime_ex2(prime.get(), bits, 0, nullptr, nullptr, nullptr, scratch.get()) !=
        1) {
      ossl::throw_error(Errc::io, "libcrypto cannot make a prime");
    }
  } while (BN_mod_word(prime.get(), k_exponent) == 1);
  return prime;
}

/// Both primes, one of them on a thread of its own; an exception of either leaves by here.
std::pair<ossl::Handle<BIGNUM>, ossl::Handle<BIGNUM>> find_primes(int bits, OSSL_LIB_CTX* library) {
  std::future<ossl::Handle<BIGNUM>> other;
  try {
    other = std::async(std::launch::async, find_prime, bits, library);
  } catch (const std::system_error&) {
    // No thread to be had (a limit on processes): then one after the other.
    other = std::async(std::launch::deferred, find_prime, bits, library);
  }
  auto first = find_prime(bits, library);
  return {std::move(first), other.get()};
}

/// True if |p - q| > 2^(bits - 100).
bool are_apart(const BIGNUM& p, const BIGNUM& q, int bits) {
  const auto distance = new_secret_number();
  ossl::require(BN_sub(distance.get(), &p, &q) == 1, "BN_sub");
  return BN_num_bits(distance.get()) > bits - k_least_distance + 1;
}

/// Returns 65537^-1 mod lcm(p - 1, q - 1).
ossl::Handle<BIGNUM> make_private_exponent(const BIGNUM& p_less, const BIGNUM& q_less,
                                           const BIGNUM& e, BN_CTX* scratch) {
  const auto divisor = new_secret_number();
  const auto product = new_secret_number();
  const auto multiple = new_secret_number();
  auto exponent = new_secret_number();
  ossl::require(BN_gcd(divisor.get(), &p_less, &q_less, scratch) == 1 &&
                    BN_mul(product.get(), &p_less, &q_less, scratch) == 1 &&
                    BN_div(multiple.get(), nullptr, product.get(), divisor.get(), scratch) == 1 &&
                    BN_mod_inverse(exponent.get(), &e, multiple.get(), scratch) != nullptr,
                "BN_mod_inverse");
  return exponent;
}

/// Fills in what follows from the primes.
void complete(RsaNumbers& numbers, BN_CTX* scratch) {
  const BIGNUM& p = *numbers.prime1;
  const BIGNUM& q = *numbers.prime2;
  const auto p_less = new_secret_number();
  const auto q_less = new_secret_number();
  numbers.modulus = new_secret_number();
  numbers.public_exponent = new_secret_number();
  numbers.exponent1 = new_secret_number();
  numbers.exponent2 = new_secret_number();
  numbers.coefficient = new_secret_number();
  ossl::require(BN_set_word(numbers.public_exponent.get(), k_exponent) == 1 &&
                    BN_sub(p_less.get(), &p, BN_value_one()) == 1 &&
                    BN_sub(q_less.get(), &q, BN_value_one()) == 1 &&
                    BN_mul(numbers.modulus.get(), &p, &q, scratch) == 1,
                "BN_mul");
  numbers.private_exponent =
      make_private_exponent(*p_less, *q_less, *numbers.public_exponent, scratch);
  const BIGNUM* const d = numbers.private_exponent.get();
  ossl::require(BN_mod(numbers.exponent1.get(), d, p_less.get(), scratch) == 1 &&
                    BN_mod(numbers.exponent2.get(), d, q_less.get(), scratch) == 1 &&
                    BN_mod_inverse(numbers.coefficient.get(), &q, &p, scratch) != nullptr,
                "BN_mod_inverse");
}

}  // namespace

RsaNumbers generate_rsa_numbers(unsigned bits, const ossl::Context& context) {
  const int half = static_cast<int>(bits / 2);
  const auto scratch = new_scratch(context.get());
  while (true) {
    auto [p, q] = find_primes(half, context.get());
    if (!are_apart(*p, *q, half)) continue;
    if (BN_cmp(p.get(), q.get()) < 0) std::swap(p, q);
    RsaNumbers numbers;
    numbers.prime1 = std::move(p);
    numbers.prime2 = std::move(q);
    complete(numbers, scratch.get());
    const bool full_size = BN_num_bits(numbers.modulus.get()) == static_cast<int>(bits);
    if (full_size && BN_num_bits(numbers.private_exponent.get()) > half) return numbers;
  }
}

}  // namespace mtls::crypto
