// The only way to load them later is by functions that are deprecated without a successor.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ossl/error_words.hpp"

#include "ossl/error_word_table.hpp"

#include <openssl/cryptoerr_legacy.h>
#include <openssl/err.h>

#include <array>
#include <vector>

namespace mtls::ossl {
#ifdef OPENSSL_NO_DEPRECATED_3_0

std::uint64_t defer_error_words() noexcept { return 0; }
void load_error_words() {}

#else
namespace {

// Of what mtlsctl reaches, be it by way of openssl.cnf.
constexpr std::array k_loaders{
    &ERR_load_ERR_strings,        &ERR_load_ASN1_strings,   &ERR_load_ASYNC_strings,
    &ERR_load_BIO_strings,        &ERR_load_BN_strings,     &ERR_load_BUF_strings,
    &ERR_load_CONF_strings,       &ERR_load_CRYPTO_strings, &ERR_load_EVP_strings,
    &ERR_load_OBJ_strings,        &ERR_load_PEM_strings,    &ERR_load_PKCS12_strings,
    &ERR_load_PKCS7_strings,      &ERR_load_RAND_strings,   &ERR_load_RSA_strings,
    &ERR_load_UI_strings,         &ERR_load_X509_strings,   &ERR_load_X509V3_strings,
    &ERR_load_OSSL_STORE_strings,
#ifndef OPENSSL_NO_DH
    &ERR_load_DH_strings,
#endif
#ifndef OPENSSL_NO_DSA
    &ERR_load_DSA_strings,
#endif
#ifndef OPENSSL_NO_EC
    &ERR_load_EC_strings,
#endif
#ifndef OPENSSL_NO_ENGINE
    &ERR_load_ENGINE_strings,
#endif
};

/// In libcrypto's own form, which it keeps pointers into. A zero ends it.
std::vector<ERR_STRING_DATA> pack(std::span<const ErrorWord> words) {
  std::vector<ERR_STRING_DATA> packed;
  packed.reserve(words.size() + 1);
  for (const ErrorWord& word : words) {
    packed.push_back({ERR_PACK(word.library, 0, word.reason), word.word});
  }
  packed.push_back({0, nullptr});
  return packed;
}

}  // namespace

std::uint64_t defer_error_words() noexcept { return OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS; }

void load_error_words() {
  static const auto k_table = [] {
    for (const auto load : k_loaders) load();
    auto packed = pack(error_words_without_loader());
    ERR_load_strings_const(packed.data());
    return packed;
  }();
  static_cast<void>(k_table);
}

#endif
}  // namespace mtls::ossl
