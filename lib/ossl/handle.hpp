// Owning handles for libcrypto's objects, wrapped at birth; nothing else in the project frees one.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>

namespace mtls::ossl {

/// The one deleter: an overload per type. Secret-bearing objects (keys, BIGNUMs) are cleared.
struct Free final {
  void operator()(ASN1_OBJECT* object) const noexcept;
  void operator()(ASN1_TYPE* value) const noexcept;
  void operator()(BIGNUM* number) const noexcept;
  void operator()(BIO* bio) const noexcept;
  void operator()(BN_CTX* context) const noexcept;
  void operator()(BN_GENCB* callback) const noexcept;
  void operator()(EC_GROUP* group) const noexcept;
  void operator()(EC_POINT* point) const noexcept;
  void operator()(EVP_CIPHER* cipher) const noexcept;
  void operator()(EVP_CIPHER_CTX* context) const noexcept;
  void operator()(EVP_KDF* kdf) const noexcept;
  void operator()(EVP_KDF_CTX* context) const noexcept;
  void operator()(EVP_MD* digest) const noexcept;
  void operator()(EVP_MD_CTX* context) const noexcept;
  void operator()(EVP_PKEY* key) const noexcept;
  void operator()(EVP_PKEY_CTX* context) const noexcept;
  void operator()(OSSL_LIB_CTX* context) const noexcept;
  void operator()(OSSL_PARAM* parameters) const noexcept;
  void operator()(OSSL_PROVIDER* provider) const noexcept;
  void operator()(OSSL_PARAM_BLD* builder) const noexcept;
  void operator()(PKCS8_PRIV_KEY_INFO* info) const noexcept;
  void operator()(X509* certificate) const noexcept;
  void operator()(X509_CRL* crl) const noexcept;
  void operator()(X509_STORE* store) const noexcept;
  void operator()(X509_STORE_CTX* context) const noexcept;
  void operator()(STACK_OF(X509) * certificates) const noexcept;  // and its members
  void operator()(STACK_OF(X509_CRL) * crls) const noexcept;      // and its members
};

template <class T>
using Handle = std::unique_ptr<T, Free>;

}  // namespace mtls::ossl
