// The arithmetic beneath check_key, against libcrypto's own division.
#include "crypto/rsa_weakness.hpp"

#include <doctest/doctest.h>
#include <openssl/bn.h>

#include <random>

namespace mtls::crypto {
namespace {

using Number = ossl::Handle<BIGNUM>;

/// A number of `bits` bits, the same in every run.
Number random_number(std::mt19937& random, int bits) {
  std::vector<unsigned char> octets(static_cast<std::size_t>(bits + 7) / 8);
  for (unsigned char& octet : octets) octet = static_cast<unsigned char>(random());
  Number number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
  BN_set_bit(number.get(), bits - 1);
  BN_mask_bits(number.get(), bits);
  return number;
}

/// The smallest odd number to 5,711 that divides it: a prime.
std::optional<unsigned> divide_by_all(const BIGNUM& number) {
  for (unsigned divisor = 3; divisor <= 5711; divisor += 2) {
    if (BN_mod_word(&number, divisor) == 0 && BN_is_word(&number, divisor) == 0) return divisor;
  }
  return std::nullopt;
}

TEST_CASE("finds the small factor that division finds") {
  std::mt19937 random(752);
  unsigned without = 0;
  for (int bits = 13; bits < 8192; bits += 37) {
    Number number = random_number(random, bits);
    CAPTURE(bits);
    const auto expected = divide_by_all(*number);
    CHECK(find_small_factor(*number) == expected);
    without += expected ? 0U : 1U;
  }
  CHECK(without > 10);
}

TEST_CASE("finds each small prime by itself, and none in a product of larger ones") {
  const Number large(BN_new());
  REQUIRE(BN_set_word(large.get(), 5717) == 1);
  for (const unsigned prime : {5737U, 5741U, 5743U, 5749U, 5779U, 5783U, 5791U, 5801U, 5807U}) {
    REQUIRE(BN_mul_word(large.get(), prime) == 1);
  }
  CHECK(find_small_factor(*large) == std::nullopt);
  for (unsigned divisor = 3; divisor <= 5711; divisor += 2) {
    const Number multiple(BN_dup(large.get()));
    REQUIRE(BN_mul_word(multiple.get(), divisor) == 1);
    CHECK(find_small_factor(*multiple) == divide_by_all(*multiple));
  }
}

TEST_CASE("does not find a number in itself") {
  const Number number(BN_new());
  for (const unsigned prime : {3U, 53U, 59U, 751U, 5711U}) {
    REQUIRE(BN_set_word(number.get(), prime) == 1);
    CHECK(find_small_factor(*number) == std::nullopt);
  }
}

TEST_CASE("splits what lies just below a square, of any length") {
  std::mt19937 random(16);
  const ossl::Handle<BN_CTX> scratch(BN_CTX_new());
  for (int bits = 20; bits < 2100; bits += 61) {
    CAPTURE(bits);
    const Number mean = random_number(random, bits);
    BN_set_bit(mean.get(), 0);
    const Number square(BN_new());
    REQUIRE(BN_sqr(square.get(), mean.get(), scratch.get()) == 1);
    // (mean - 2)(mean + 2): found at the first step.
    const Number near(BN_dup(square.get()));
    REQUIRE(BN_sub_word(near.get(), 4) == 1);
    CHECK(has_close_primes(*near, 1));
    CHECK(has_close_primes(*square, 1));
    // A product of numbers that lie a quarter of their length apart is not split so soon.
    if (bits < 200) continue;
    const Number far(BN_dup(mean.get()));
    REQUIRE(BN_set_bit(far.get(), bits) == 1);
    const Number apart(BN_new());
    REQUIRE(BN_mul(apart.get(), mean.get(), far.get(), scratch.get()) == 1);
    CHECK_FALSE(has_close_primes(*apart, 100));
  }
}

}  // namespace
}  // namespace mtls::crypto
