#include "ossl/handle.hpp"

#include <openssl/kdf.h>

namespace mtls::ossl {

void Free::operator()(ASN1_OBJECT* object) const noexcept { ASN1_OBJECT_free(object); }
void Free::operator()(ASN1_TYPE* value) const noexcept { ASN1_TYPE_free(value); }
void Free::operator()(BIGNUM* number) const noexcept { BN_clear_free(number); }
void Free::operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
void Free::operator()(BN_CTX* context) const noexcept { BN_CTX_free(context); }
void Free::operator()(BN_GENCB* callback) const noexcept { BN_GENCB_free(callback); }
void Free::operator()(EC_GROUP* group) const noexcept { EC_GROUP_free(group); }
void Free::operator()(EC_POINT* point) const noexcept { EC_POINT_clear_free(point); }
void Free::operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
void Free::operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
void Free::operator()(EVP_KDF* kdf) const noexcept { EVP_KDF_free(kdf); }
void Free::operator()(EVP_KDF_CTX* context) const noexcept { EVP_KDF_CTX_free(context); }
void Free::operator()(EVP_MD* digest) const noexcept { EVP_MD_free(digest); }
void Free::operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
void Free::operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
void Free::operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
void Free::operator()(OSSL_LIB_CTX* context) const noexcept { OSSL_LIB_CTX_free(context); }
void Free::operator()(OSSL_PARAM* parameters) const noexcept { OSSL_PARAM_free(parameters); }
void Free::operator()(OSSL_PARAM_BLD* builder) const noexcept { OSSL_PARAM_BLD_free(builder); }
void Free::operator()(OSSL_PROVIDER* provider) const noexcept { OSSL_PROVIDER_unload(provider); }
void Free::operator()(PKCS8_PRIV_KEY_INFO* info) const noexcept { PKCS8_PRIV_KEY_INFO_free(info); }
void Free::operator()(X509* certificate) const noexcept { X509_free(certificate); }
void Free::operator()(X509_CRL* crl) const noexcept { X509_CRL_free(crl); }
void Free::operator()(X509_STORE* store) const noexcept { X509_STORE_free(store); }
void Free::operator()(X509_STORE_CTX* context) const noexcept { X509_STORE_CTX_free(context); }
void Free::operator()(STACK_OF(X509) * certificates) const noexcept {
  sk_X509_pop_free(certificates, X509_free);
}
void Free::operator()(STACK_OF(X509_CRL) * crls) const noexcept {
  sk_X509_CRL_pop_free(crls, X509_CRL_free);
}

}  // namespace mtls::ossl
