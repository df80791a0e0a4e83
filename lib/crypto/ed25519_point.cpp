#include "crypto/ed25519_point.hpp"

#include "ossl/handle.hpp"
#include "ossl/openssl_error.hpp"

#include <array>

namespace mtls::crypto {
namespace {

using Field = std::array<std::uint8_t, 32>;

// 2^255 - 19
constexpr Field k_prime{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xed};
// d of -x^2 + y^2 = 1 + d x^2 y^2
constexpr Field k_d{0x52, 0x03, 0x6c, 0xee, 0x2b, 0x6f, 0xfe, 0x73, 0x8c, 0xc7, 0x40,
                    0x79, 0x77, 0x79, 0xe8, 0x98, 0x00, 0x70, 0x0a, 0x4d, 0x41, 0x41,
                    0xd8, 0xab, 0x75, 0xeb, 0x4d, 0xca, 0x13, 0x59, 0x78, 0xa3};
// The smaller y of the points of order 8; the other is its negative. The points of order 1, 2 and 4
// have y = 1, -1 and 0.
constexpr Field k_order_8{0x05, 0xfc, 0x53, 0x6d, 0x88, 0x02, 0x38, 0xb1, 0x39, 0x33, 0xc6,
                          0xd3, 0x05, 0xac, 0xdf, 0xd5, 0xf0, 0x98, 0xef, 0xf2, 0x89, 0xf4,
                          0xc3, 0x45, 0xb0, 0x27, 0xb2, 0xc2, 0x8f, 0x95, 0xe8, 0x26};

ossl::Handle<BIGNUM> number(ByteView octets) {
  return ossl::Handle<BIGNUM>(ossl::require_pointer(
      BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr), "BN_bin2bn"));
}

bool has_small_order(const BIGNUM& y, const BIGNUM& prime) {
  const auto negative = number({});
  const auto order_8 = number(k_order_8);
  ossl::require(BN_sub(negative.get(), &prime, &y) == 1, "BN_sub");
  return BN_is_zero(&y) != 0 || BN_is_one(&y) != 0 || BN_is_one(negative.get()) != 0 ||
         BN_cmp(&y, order_8.get()) == 0 || BN_cmp(negative.get(), order_8.get()) == 0;
}

/// x^2 = (y^2 - 1) / (d y^2 + 1) has a root if and only if the product of the two is a square.
bool has_x(const BIGNUM& y, const BIGNUM& prime) {
  const ossl::Handle<BN_CTX> scratch(ossl::require_pointer(BN_CTX_new(), "BN_CTX_new"));
  const auto square = number({});
  const auto above = number({});
  const auto below = number(k_d);
  ossl::require(
      BN_mod_sqr(square.get(), &y, &prime, scratch.get()) == 1 &&
          BN_mod_sub(above.get(), square.get(), BN_value_one(), &prime, scratch.get()) == 1 &&
          BN_mod_mul(below.get(), below.get(), square.get(), &prime, scratch.get()) == 1 &&
          BN_mod_add(below.get(), below.get(), BN_value_one(), &prime, scratch.get()) == 1 &&
          BN_mod_mul(above.get(), above.get(), below.get(), &prime, scratch.get()) == 1,
      "BN_mod_mul");
  const int symbol = BN_kronecker(above.get(), &prime, scratch.get());
  ossl::require(symbol >= -1, "BN_kronecker");
  return symbol >= 0;
}

}  // namespace

bool is_ed25519_point(ByteView key) {
  Field octets{};
  if (key.size() != octets.size()) return false;
  // y stands little-endian, with the sign of x in the top bit.
  for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = key[octets.size() - 1 - i];
  octets[0] &= 0x7fU;
  const auto y = number(octets);
  const auto prime = number(k_prime);
  return BN_cmp(y.get(), prime.get()) < 0 && !has_small_order(*y, *prime) && has_x(*y, *prime);
}

}  // namespace mtls::crypto
