#include "crypto/legacy_key.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/pbes2.hpp"
#include "ossl/openssl_error.hpp"

#include <climits>
#include <openssl/pem.h>

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

int give_passphrase(char* buffer, int size, int /*writing*/, void* passphrase) {
  const ByteView octets = *static_cast<const ByteView*>(passphrase);
  if (size < 0 || octets.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(octets.begin(), octets.end(), buffer);
  return static_cast<int>(octets.size());
}

/// A passphrase as libcrypto's PBE functions take it: never null, its size at most INT_MAX.
const char* passphrase_text(ByteView passphrase) noexcept {
  return passphrase.empty() ? "" : as_text(passphrase).data();
}

}  // namespace

bool is_pbes1(const der::Oid& oid) {
  const std::string dotted = oid.to_dotted();
  return std::find(k_schemes.begin(), k_schemes.end(), dotted) != k_schemes.end();
}

std::optional<SecretBytes> decrypt_pbes1(const der::Oid& oid, der::Reader parameters,
                                         ByteView ciphertext, ByteView passphrase,
                                         const ossl::Context& context) {
  const ByteView encoded = parameters.rest();
  check_parameters(parameters);
  if (ciphertext.size() > k_most_ciphertext || passphrase.size() > INT_MAX) {
    throw Error(Errc::malformed, "malformed encrypted private key: too large");
  }
  // RC2 and single DES live there; without it, only those schemes are missing.
  const ossl::Handle<OSSL_PROVIDER> legacy(OSSL_PROVIDER_try_load(context.get(), "legacy", 1));
  if (!legacy) ossl::clear_queue();

  const ossl::Handle<ASN1_OBJECT> scheme(
      ossl::require_pointer(OBJ_txt2obj(oid.to_dotted().c_str(), 1), "OBJ_txt2obj"));
  const unsigned char* at = encoded.data();
  const ossl::Handle<ASN1_TYPE> value(ossl::require_pointer(
      d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(encoded.size())), "d2i_ASN1_TYPE"));
  const ossl::Handle<EVP_CIPHER_CTX> cipher(
      ossl::require_pointer(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new"));
  if (EVP_PBE_CipherInit_ex(scheme.get(), passphrase_text(passphrase),
                            static_cast<int>(passphrase.size()), value.get(), cipher.get(), 0,
                            context.get(), context.properties()) != 1) {
    ossl::throw_error(Errc::unsupported,
                      format("libcrypto cannot decrypt with {} here", oid.to_dotted()),
                      "re-encrypt the key with openssl pkcs8 -topk8 -provider legacy");
  }
  SecretBytes plain(ciphertext.size() + EVP_MAX_BLOCK_LENGTH);
  int first = 0;
  int last = 0;
  if (EVP_DecryptUpdate(cipher.get(), plain.data(), &first, ciphertext.data(),
                        static_cast<int>(ciphertext.size())) != 1 ||
      EVP_DecryptFinal_ex(cipher.get(), plain.data() + first, &last) != 1) {
    ossl::clear_queue();
    return std::nullopt;
  }
  plain.truncate(static_cast<std::size_t>(first) + static_cast<std::size_t>(last));
  return plain;
}

std::optional<SecretBytes> decrypt_rfc1421(const std::string& headers, ByteView body,
                                           ByteView passphrase) {
  std::string text = headers + "\n";
  EVP_CIPHER_INFO cipher{};
  if (PEM_get_EVP_CIPHER_INFO(text.data(), &cipher) != 1) {
    ossl::throw_error(Errc::malformed,
                      "the key's DEK-Info line is malformed, or its cipher is not supported",
                      "re-encrypt the key with openssl pkcs8 -topk8");
  }
  if (body.size() > k_most_ciphertext) {
    throw Error(Errc::malformed, "malformed encrypted private key: too large");
  }
  SecretBytes plain(body);
  auto size = static_cast<long>(plain.size());
  if (PEM_do_header(&cipher, plain.data(), &size, give_passphrase, &passphrase) != 1) {
    ossl::clear_queue();
    return std::nullopt;
  }
  plain.truncate(static_cast<std::size_t>(size));
  return plain;
}

}  // namespace mtls::crypto
