#include "rsa_conditions.hpp"

#include "der/pem.hpp"
#include "der/reader.hpp"
#include "ossl/handle.hpp"

#include <doctest/doctest.h>

#include <array>

namespace mtls::crypto::test {
namespace {

using ossl::Handle;

enum Index : std::size_t { n, e, d, p, q, dp, dq, qi, count };

using Numbers = std::array<Handle<BIGNUM>, count>;

Numbers read_numbers(const PrivateKey& key) {
  const auto blocks = der::read_pem(key.to_pkcs8_pem().view());
  der::Reader file(blocks.at(0).der.view(), "key");
  der::Reader info = file.into(der::tag::sequence);
  info.small_integer();
  info.any();
  der::Reader inner(info.octet_string(), "key");
  der::Reader fields = inner.into(der::tag::sequence);
  CHECK(fields.small_integer() == 0);
  Numbers numbers;
  for (Handle<BIGNUM>& number : numbers) {
    const ByteView octets = fields.integer();
    number.reset(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
  }
  fields.end();
  return numbers;
}

/// True if left * right = 1 modulo (modulus - 1).
bool inverse_below(const BIGNUM& left, const BIGNUM& right, const BIGNUM& modulus) {
  const Handle<BN_CTX> scratch(BN_CTX_new());
  const Handle<BIGNUM> less(BN_dup(&modulus));
  const Handle<BIGNUM> product(BN_new());
  BN_sub_word(less.get(), 1);
  BN_mod_mul(product.get(), &left, &right, less.get(), scratch.get());
  return BN_is_one(product.get()) != 0;
}

}  // namespace

void check_rsa_conditions(const PrivateKey& key) {
  const Numbers numbers = read_numbers(key);
  const int bits = static_cast<int>(key.public_key().spec()->bits());
  const int half = bits / 2;
  CHECK(BN_num_bits(numbers[n].get()) == bits);
  CHECK(BN_is_word(numbers[e].get(), 65'537));

  const Handle<BN_CTX> scratch(BN_CTX_new());
  const Handle<BIGNUM> value(BN_new());
  for (const Index prime : {p, q}) {
    CHECK(BN_check_prime(numbers[prime].get(), scratch.get(), nullptr) == 1);
    // The top two bits make it at least 1.5 * 2^(half-1), over the square root of 2 times that.
    CHECK(BN_num_bits(numbers[prime].get()) == half);
    CHECK(BN_is_bit_set(numbers[prime].get(), half - 2));
  }
  BN_mul(value.get(), numbers[p].get(), numbers[q].get(), scratch.get());
  CHECK(BN_cmp(value.get(), numbers[n].get()) == 0);
  BN_sub(value.get(), numbers[p].get(), numbers[q].get());
  CHECK(!BN_is_negative(value.get()));
  CHECK(BN_num_bits(value.get()) > half - 100);
  CHECK(BN_num_bits(numbers[d].get()) > half);

  CHECK(inverse_below(*numbers[e], *numbers[d], *numbers[p]));
  CHECK(inverse_below(*numbers[e], *numbers[d], *numbers[q]));
  CHECK(inverse_below(*numbers[e], *numbers[dp], *numbers[p]));
  CHECK(inverse_below(*numbers[e], *numbers[dq], *numbers[q]));
  BN_mod_mul(value.get(), numbers[qi].get(), numbers[q].get(), numbers[p].get(), scratch.get());
  CHECK(BN_is_one(value.get()));
}

}  // namespace mtls::crypto::test
