#include "crypto/rsa_numbers.hpp"

#include "crypto/evp_key.hpp"
#include "ossl/openssl_error.hpp"

#include <openssl/core_names.h>

#include <array>
#include <utility>

namespace mtls::crypto {
namespace {

struct NamedNumber {
  const char* name;
  ossl::Handle<BIGNUM> RsaNumbers::*member;
};

constexpr std::array<NamedNumber, 2> k_public{
    NamedNumber{OSSL_PKEY_PARAM_RSA_N, &RsaNumbers::modulus},
    NamedNumber{OSSL_PKEY_PARAM_RSA_E, &RsaNumbers::public_exponent},
};
constexpr std::array<NamedNumber, 6> k_private{
    NamedNumber{OSSL_PKEY_PARAM_RSA_D, &RsaNumbers::private_exponent},
    NamedNumber{OSSL_PKEY_PARAM_RSA_FACTOR1, &RsaNumbers::prime1},
    NamedNumber{OSSL_PKEY_PARAM_RSA_FACTOR2, &RsaNumbers::prime2},
    NamedNumber{OSSL_PKEY_PARAM_RSA_EXPONENT1, &RsaNumbers::exponent1},
    NamedNumber{OSSL_PKEY_PARAM_RSA_EXPONENT2, &RsaNumbers::exponent2},
    NamedNumber{OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &RsaNumbers::coefficient},
};

/// Scratch space and temporaries for the checks of one half: prime, its exponent.
class Arithmetic final {
 public:
  Arithmetic()
      : m_scratch(ossl::require_pointer(BN_CTX_secure_new(), "BN_CTX_secure_new")),
        m_order(new_secret_number()),
        m_value(new_secret_number()) {}

  /// True if `exponent` is `d` mod (prime - 1) and `d` the inverse of `e` there.
  bool fits(const BIGNUM& prime, const BIGNUM& exponent, const BIGNUM& d, const BIGNUM& e) {
    ossl::require(BN_sub(m_order.get(), &prime, BN_value_one()) == 1 &&
                      BN_nnmod(m_value.get(), &d, m_order.get(), m_scratch.get()) == 1,
                  "BN_nnmod");
    if (BN_cmp(m_value.get(), &exponent) != 0) return false;
    return is_product_one(d, e, *m_order);
  }

  bool is_product_one(const BIGNUM& left, const BIGNUM& right, const BIGNUM& modulus) {
    ossl::require(BN_mod_mul(m_value.get(), &left, &right, &modulus, m_scratch.get()) == 1,
                  "BN_mod_mul");
    return BN_is_one(m_value.get()) != 0;
  }

  bool is_product(const BIGNUM& left, const BIGNUM& right, const BIGNUM& product) {
    ossl::require(BN_mul(m_value.get(), &left, &right, m_scratch.get()) == 1, "BN_mul");
    return BN_cmp(m_value.get(), &product) == 0;
  }

 private:
  ossl::Handle<BN_CTX> m_scratch;
  ossl::Handle<BIGNUM> m_order;
  ossl::Handle<BIGNUM> m_value;
};

bool is_odd_and_over_one(const BIGNUM& number) {
  return BN_is_odd(&number) != 0 && BN_is_one(&number) == 0;
}

}  // namespace

ossl::Handle<BIGNUM> new_secret_number() { return make_secret_number({}); }

bool belong_together(const RsaNumbers& numbers) {
  if (!is_odd_and_over_one(*numbers.prime1) || !is_odd_and_over_one(*numbers.prime2)) return false;
  Arithmetic arithmetic;
  return arithmetic.is_product(*numbers.prime1, *numbers.prime2, *numbers.modulus) &&
         arithmetic.fits(*numbers.prime1, *numbers.exponent1, *numbers.private_exponent,
                         *numbers.public_exponent) &&
         arithmetic.fits(*numbers.prime2, *numbers.exponent2, *numbers.private_exponent,
                         *numbers.public_exponent) &&
         arithmetic.is_product_one(*numbers.coefficient, *numbers.prime2, *numbers.prime1);
}

ossl::Handle<EVP_PKEY> make_rsa_pkey(const RsaNumbers& numbers, const ossl::Context& context) {
  const ossl::Handle<OSSL_PARAM_BLD> builder(
      ossl::require_pointer(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new"));
  const auto push = [&](const NamedNumber& number) {
    ossl::require(
        OSSL_PARAM_BLD_push_BN(builder.get(), number.name, (numbers.*number.member).get()) == 1,
        "OSSL_PARAM_BLD_push_BN");
  };
  for (const NamedNumber& number : k_public) push(number);
  for (const NamedNumber& number : k_private) push(number);
  // What stood in secure memory is copied to secure memory, and cleared with the parameters.
  const ossl::Handle<OSSL_PARAM> parameters(
      ossl::require_pointer(OSSL_PARAM_BLD_to_param(builder.get()), "OSSL_PARAM_BLD_to_param"));
  return make_evp_pkey("RSA", EVP_PKEY_KEYPAIR, parameters.get(), context);
}

ossl::Handle<BIGNUM> read_secret_number(const EVP_PKEY& key, const char* name) {
  auto number = new_secret_number();
  BIGNUM* target = number.get();
  if (EVP_PKEY_get_bn_param(&key, name, &target) != 1) {
    ossl::throw_error(Errc::unsupported, "the private key cannot be taken out of its provider");
  }
  return number;
}

RsaNumbers read_rsa_numbers(const EVP_PKEY& key) {
  RsaNumbers numbers;
  for (const NamedNumber& number : k_public) {
    numbers.*number.member = read_secret_number(key, number.name);
  }
  for (const NamedNumber& number : k_private) {
    numbers.*number.member = read_secret_number(key, number.name);
  }
  return numbers;
}

}  // namespace mtls::crypto
