// The numbers of an RSA private key. Private to this room.
#pragma once

#include "ossl/context.hpp"
#include "ossl/handle.hpp"

namespace mtls::crypto {

/// RSAPrivateKey's members, named as in RFC 8017 appendix A.1.2. All but the first two are in
/// secure memory and flagged for constant-time use.
struct RsaNumbers {
  ossl::Handle<BIGNUM> modulus;
  ossl::Handle<BIGNUM> public_exponent;
  ossl::Handle<BIGNUM> private_exponent;
  ossl::Handle<BIGNUM> prime1;
  ossl::Handle<BIGNUM> prime2;
  ossl::Handle<BIGNUM> exponent1;    // private_exponent mod (prime1 - 1)
  ossl::Handle<BIGNUM> exponent2;    // private_exponent mod (prime2 - 1)
  ossl::Handle<BIGNUM> coefficient;  // the inverse of prime2 mod prime1
};

/// Returns whether the numbers are of one key: the modulus is the product of the primes, the
/// exponents are each other's inverses, the rest follows from them. Whether the primes are prime is
/// not looked at. The caller has bounded their sizes.
[[nodiscard]] bool belong_together(const RsaNumbers& numbers);

/// Returns the numbers of a new key, the public exponent 65537: primes of libcrypto's own search
/// (BN_generate_prime_ex2, its sieve and its Miller-Rabin rounds), each on a thread, held to FIPS
/// 186-5 appendix A.1.1: both at least 2^(k-1) * 1.5, their distance over 2^(k-100), the private
/// exponent over 2^k, k being half of `bits`. `bits` is a multiple of 8, at least 1,024.
[[nodiscard]] RsaNumbers generate_rsa_numbers(unsigned bits, const ossl::Context& context);

/// Returns libcrypto's key of the numbers; null where it refuses them.
[[nodiscard]] ossl::Handle<EVP_PKEY> make_rsa_pkey(const RsaNumbers& numbers,
                                                   const ossl::Context& context);

/// Returns the numbers of libcrypto's key; throws unsupported where its provider keeps them.
[[nodiscard]] RsaNumbers read_rsa_numbers(const EVP_PKEY& key);

/// Returns a number in secure memory, flagged for constant-time use; its value is zero.
[[nodiscard]] ossl::Handle<BIGNUM> new_secret_number();

/// Returns the private number `name` (OSSL_PKEY_PARAM_…) of `key`; throws unsupported where its
/// provider keeps it.
[[nodiscard]] ossl::Handle<BIGNUM> read_secret_number(const EVP_PKEY& key, const char* name);

}  // namespace mtls::crypto
