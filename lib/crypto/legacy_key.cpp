#include "crypto/legacy_key.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "crypto/pbes2.hpp"
#include "ossl/openssl_error.hpp"

#include <climits>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>

namespace mtls::crypto {
namespace {

constexpr std::array<std::string_view, 12> k_schemes{
    "1.2.840.113549.1.5.1",     // pbeWithMD2AndDES-CBC
    "1.2.840.113549.1.5.3",     // pbeWithMD5AndDES-CBC
    "1.2.840.113549.1.5.4",     // pbeWithMD2AndRC2-CBC
    "1.2.840.113549.1.5.6",     // pbeWithMD5AndRC2-CBC
    "1.2.840.113549.1.5.10",    // pbeWithSHA1AndDES-CBC
    "1.2.840.113549.1.5.11",    // pbeWithSHA1AndRC2-CBC
    "1.2.840.113549.1.12.1.1",  // pbeWithSHAAnd128BitRC4
    "1.2.840.113549.1.12.1.2",  // pbeWithSHAAnd40BitRC4
    "1.2.840.113549.1.12.1.3",  // pbeWithSHAAnd3-KeyTripleDES-CBC
    "1.2.840.113549.1.12.1.4",  // pbeWithSHAAnd2-KeyTripleDES-CBC
    "1.2.840.113549.1.12.1.5",  // pbeWithSHAAnd128BitRC2-CBC
    "1.2.840.113549.1.12.1.6",  // pbeWithSHAAnd40BitRC2-CBC
};

constexpr std::size_t k_most_ciphertext = std::size_t{16} << 20U;

/// Reads PBEParameter ::= SEQUENCE { salt OCTET STRING, iterationCount INTEGER }, for its limits.
void check_parameters(der::Reader parameters) {
  der::Reader fields = parameters.into(der::tag::sequence);
  parameters.end();
  if (fields.octet_string().size() > k_most_salt) fields.fail("an absurd salt");
  require_bearable_rounds(fields.small_integer());
  fields.end();
}

/// A passphrase as libcrypto's PBE functions take it: never null, its size at most INT_MAX.
const char* passphrase_text(ByteView passphrase) noexcept {
  return passphrase.empty() ? "" : as_text(passphrase).data();
}

/// A library context with the default and the legacy provider together, and nothing else: what can
/// be read does not depend on openssl.cnf or on what the process did before.
class LegacyLibrary final {
 public:
  LegacyLibrary()
      : m_library(ossl::require_pointer(OSSL_LIB_CTX_new(), "OSSL_LIB_CTX_new")),
        m_default(ossl::require_pointer(OSSL_PROVIDER_load(m_library.get(), "default"),
                                        "OSSL_PROVIDER_load")),
        m_legacy(OSSL_PROVIDER_load(m_library.get(), "legacy")) {
    if (!m_legacy) ossl::clear_queue();
  }
  [[nodiscard]] OSSL_LIB_CTX* get() const noexcept { return m_library.get(); }

  /// Throws for a cipher or scheme that is not there: nothing was decrypted, so nothing is said of
  /// the passphrase.
  [[noreturn]] void fail_missing(std::string_view cipher) const {
    if (m_legacy) {
      ossl::throw_error(
          Errc::unsupported,
          format("the key is encrypted with {}, which OpenSSL does not support", cipher),
          "re-encrypt the key where it was made, with AES-256");
    }
    ossl::throw_error(Errc::unsupported,
                      format("the key is encrypted with {}, and OpenSSL's legacy provider, which "
                             "may have it, cannot be loaded",
                             cipher),
                      "install the legacy provider: on Debian 13 and newer it is the package "
                      "openssl-provider-legacy, on Debian 12 part of libssl3 (OPENSSL_MODULES, if "
                      "set, must name its directory)");
  }

 private:
  ossl::Handle<OSSL_LIB_CTX> m_library;  // outlives its providers
  ossl::Handle<OSSL_PROVIDER> m_default;
  ossl::Handle<OSSL_PROVIDER> m_legacy;  // null: it is not installed
};

/// Decrypts with a cipher that is set up; nothing where the padding is wrong.
std::optional<SecretBytes> decrypt(EVP_CIPHER_CTX& cipher, ByteView ciphertext) {
  SecretBytes plain(ciphertext.size() + EVP_MAX_BLOCK_LENGTH);
  int first = 0;
  int last = 0;
  if (EVP_DecryptUpdate(&cipher, plain.data(), &first, ciphertext.data(),
                        static_cast<int>(ciphertext.size())) != 1 ||
      EVP_DecryptFinal_ex(&cipher, plain.data() + first, &last) != 1) {
    ossl::clear_queue();
    return std::nullopt;
  }
  plain.truncate(static_cast<std::size_t>(first) + static_cast<std::size_t>(last));
  return plain;
}

void require_sizes(ByteView ciphertext, ByteView passphrase) {
  if (ciphertext.size() > k_most_ciphertext || passphrase.size() > INT_MAX) {
    throw Error(Errc::malformed, "malformed encrypted private key: too large");
  }
}

/// DEK-Info: CIPHER,HEXADECIMAL (RFC 1421 section 4.6.1.3).
struct DekInfo {
  std::string cipher;
  Bytes initial;
};

DekInfo read_dek_info(std::string_view headers) {
  constexpr std::string_view k_name = "DEK-Info:";
  const auto fail = [] {
    throw Error(Errc::malformed,
                "malformed encrypted private key: its DEK-Info line is missing or "
                "damaged");
  };
  const std::size_t at = headers.find(k_name);
  if (at == std::string_view::npos) fail();
  std::string_view value = headers.substr(at + k_name.size());
  value = value.substr(0, value.find('\n'));
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  const std::size_t comma = value.find(',');
  if (comma == std::string_view::npos || comma == 0) fail();
  DekInfo info{.cipher = std::string(value.substr(0, comma)), .initial = {}};
  const std::optional<Bytes> initial = from_hex(value.substr(comma + 1));
  if (!initial || initial->size() < PKCS5_SALT_LEN) fail();
  info.initial = *initial;
  return info;
}

}  // namespace

bool is_pbes1(const der::Oid& oid) {
  const std::string dotted = oid.to_dotted();
  return std::find(k_schemes.begin(), k_schemes.end(), dotted) != k_schemes.end();
}

std::optional<SecretBytes> decrypt_pbes1(const der::Oid& oid, der::Reader parameters,
                                         ByteView ciphertext, ByteView passphrase) {
  const ByteView encoded = parameters.rest();
  check_parameters(parameters);
  require_sizes(ciphertext, passphrase);
  const LegacyLibrary library;
  const ossl::Handle<ASN1_OBJECT> scheme(
      ossl::require_pointer(OBJ_txt2obj(oid.to_dotted().c_str(), 1), "OBJ_txt2obj"));
  const unsigned char* at = encoded.data();
  const ossl::Handle<ASN1_TYPE> value(ossl::require_pointer(
      d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(encoded.size())), "d2i_ASN1_TYPE"));
  const ossl::Handle<EVP_CIPHER_CTX> cipher(
      ossl::require_pointer(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new"));
  if (EVP_PBE_CipherInit_ex(scheme.get(), passphrase_text(passphrase),
                            static_cast<int>(passphrase.size()), value.get(), cipher.get(), 0,
                            library.get(), nullptr) != 1) {
    const int nid = OBJ_obj2nid(scheme.get());
    library.fail_missing(nid == NID_undef ? oid.to_dotted() : OBJ_nid2ln(nid));
  }
  return decrypt(*cipher, ciphertext);
}

std::optional<SecretBytes> decrypt_outdated_pbes2(const Pbes2& scheme, ByteView ciphertext,
                                                  ByteView passphrase) {
  require_sizes(ciphertext, passphrase);
  const LegacyLibrary library;
  const ossl::Handle<EVP_CIPHER> cipher(
      EVP_CIPHER_fetch(library.get(), scheme.cipher.name, nullptr));
  if (!cipher) library.fail_missing(scheme.cipher.name);
  return decrypt_pbes2(scheme, ciphertext, passphrase, library.get(), nullptr);
}

std::optional<SecretBytes> decrypt_rfc1421(const std::string& headers, ByteView body,
                                           ByteView passphrase) {
  const DekInfo info = read_dek_info(headers);
  require_sizes(body, passphrase);
  const LegacyLibrary library;
  const ossl::Handle<EVP_CIPHER> algorithm(
      EVP_CIPHER_fetch(library.get(), info.cipher.c_str(), nullptr));
  if (!algorithm) library.fail_missing(printable(info.cipher));
  const ossl::Handle<EVP_MD> md5(
      ossl::require_pointer(EVP_MD_fetch(library.get(), "MD5", nullptr), "EVP_MD_fetch"));
  if ((EVP_CIPHER_get_flags(algorithm.get()) & EVP_CIPH_FLAG_AEAD_CIPHER) != 0 ||
      static_cast<std::size_t>(EVP_CIPHER_get_iv_length(algorithm.get())) != info.initial.size()) {
    throw Error(Errc::malformed,
                "malformed encrypted private key: its DEK-Info line does not fit its cipher");
  }
  // PBKDF1 with MD5 and one round, lengthened: what OpenSSL has always written.
  SecretBytes key(static_cast<std::size_t>(EVP_CIPHER_get_key_length(algorithm.get())));
  const ossl::Handle<EVP_CIPHER_CTX> cipher(
      ossl::require_pointer(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new"));
  if (EVP_BytesToKey(algorithm.get(), md5.get(), info.initial.data(),
                     reinterpret_cast<const unsigned char*>(passphrase_text(passphrase)),
                     static_cast<int>(passphrase.size()), 1, key.data(),
                     nullptr) != static_cast<int>(key.size()) ||
      EVP_DecryptInit_ex2(cipher.get(), algorithm.get(), key.data(), info.initial.data(),
                          nullptr) != 1) {
    library.fail_missing(printable(info.cipher));
  }
  return decrypt(*cipher, body);
}

}  // namespace mtls::crypto
