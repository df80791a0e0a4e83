// The only way to load them later is by functions that are deprecated without a successor, and
// three libraries have none.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ossl/error_words.hpp"

#include <openssl/cryptoerr_legacy.h>
#include <openssl/decodererr.h>
#include <openssl/encodererr.h>
#include <openssl/err.h>

#include <array>
#include <mutex>

namespace mtls::ossl {
#ifdef OPENSSL_NO_DEPRECATED_3_0

std::uint64_t defer_error_words() noexcept { return 0; }
void load_error_words() noexcept {}

#else
namespace {

constexpr std::array k_loaders{
    &ERR_load_ERR_strings,    &ERR_load_ASN1_strings,   &ERR_load_BIO_strings,
    &ERR_load_BN_strings,     &ERR_load_BUF_strings,    &ERR_load_CONF_strings,
    &ERR_load_CRYPTO_strings, &ERR_load_DH_strings,     &ERR_load_EC_strings,
    &ERR_load_EVP_strings,    &ERR_load_OBJ_strings,    &ERR_load_OSSL_STORE_strings,
    &ERR_load_PEM_strings,    &ERR_load_PKCS12_strings, &ERR_load_PKCS7_strings,
    &ERR_load_RAND_strings,   &ERR_load_RSA_strings,    &ERR_load_UI_strings,
    &ERR_load_X509_strings,   &ERR_load_X509V3_strings};

/// Those without a function of their own. What a property query is refused for has no public names.
constexpr std::array k_rest{
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 100), "name too long"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 101), "not an ascii character"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 102), "not an hexadecimal digit"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 103), "not an identifier"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 104), "not an octal digit"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 105), "not a decimal digit"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 106), "no matching string delimiter"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 107), "no value"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 108), "parse failed"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 109), "string too long"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_PROP, 0, 110), "trailing characters"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_OSSL_DECODER, 0, OSSL_DECODER_R_COULD_NOT_DECODE_OBJECT),
                    "could not decode object"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_OSSL_DECODER, 0, OSSL_DECODER_R_DECODER_NOT_FOUND),
                    "decoder not found"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_OSSL_DECODER, 0, OSSL_DECODER_R_MISSING_GET_PARAMS),
                    "missing get params"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_OSSL_ENCODER, 0, OSSL_ENCODER_R_ENCODER_NOT_FOUND),
                    "encoder not found"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_OSSL_ENCODER, 0, OSSL_ENCODER_R_INCORRECT_PROPERTY_QUERY),
                    "incorrect property query"},
    ERR_STRING_DATA{ERR_PACK(ERR_LIB_OSSL_ENCODER, 0, OSSL_ENCODER_R_MISSING_GET_PARAMS),
                    "missing get params"},
    ERR_STRING_DATA{0, nullptr}};

}  // namespace

std::uint64_t defer_error_words() noexcept { return OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS; }

void load_error_words() noexcept {
  static const bool k_loaded = [] {
    for (const auto load : k_loaders) load();
    ERR_load_strings_const(k_rest.data());
    return true;
  }();
  static_cast<void>(k_loaded);
}

#endif
}  // namespace mtls::ossl
