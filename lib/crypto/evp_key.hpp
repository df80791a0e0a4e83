// A key as libcrypto has it. Private to this room: no public header names an EVP type.
#pragma once

#include "crypto/public_key.hpp"
#include "crypto/signature_algorithm.hpp"
#include "ossl/context.hpp"
#include "ossl/handle.hpp"

#include <array>
#include <memory>
#include <mutex>
#include <string>

namespace mtls::crypto {

/// An EVP_PKEY with contexts to sign and verify with, set up once per algorithm and copied for each
/// use: the set-up fetches by name, which costs more than a P-256 signature. Immutable to its
/// users, safe to use from threads. The library context it was made in must outlive it.
class EvpKey final {
 public:
  enum class Use { sign, verify };

  EvpKey(ossl::Handle<EVP_PKEY> key, const ossl::Context& context);

  [[nodiscard]] EVP_PKEY* get() const noexcept { return m_key.get(); }
  [[nodiscard]] OSSL_LIB_CTX* library() const noexcept { return m_library; }
  /// The property query of fetches, or null.
  [[nodiscard]] const char* properties() const noexcept {
    return m_properties.empty() ? nullptr : m_properties.c_str();
  }

  /// Returns a context for one EVP_DigestSign or EVP_DigestVerify; null where libcrypto refuses the
  /// key for that algorithm (the reason is in its queue).
  [[nodiscard]] ossl::Handle<EVP_MD_CTX> make_context(SignatureAlgorithm algorithm, Use use) const;

 private:
  ossl::Handle<EVP_PKEY> m_key;
  OSSL_LIB_CTX* m_library;
  std::string m_properties;
  mutable std::mutex m_mutex;
  mutable std::array<ossl::Handle<EVP_MD_CTX>, 14> m_prepared;  // by algorithm and use
};

/// Returns what EVP_PKEY_fromdata makes of `parameters`, null where it refuses them. `type` is
/// libcrypto's name ("RSA"), `selection` EVP_PKEY_PUBLIC_KEY or EVP_PKEY_KEYPAIR. Throws
/// unsupported where the context has no such algorithm.
[[nodiscard]] ossl::Handle<EVP_PKEY> make_evp_pkey(const char* type, int selection,
                                                   OSSL_PARAM* parameters,
                                                   const ossl::Context& context);

/// Returns libcrypto's form of `key`, made on first use and kept with it if `context` is the
/// process's own. Null where check_key would refuse the key for its size or parameters, or its
/// point is not on its curve; no arithmetic is done on numbers out of bounds.
[[nodiscard]] std::shared_ptr<const EvpKey> find_evp_key(const PublicKey& key,
                                                         const ossl::Context& context);

/// The same, always made anew; the caller has checked form and sizes.
[[nodiscard]] ossl::Handle<EVP_PKEY> make_evp_public(const PublicKey& key,
                                                     const ossl::Context& context);

/// Returns a number of its own for `magnitude` (big-endian), in secure memory and flagged for
/// constant-time use: for private parts.
[[nodiscard]] ossl::Handle<BIGNUM> make_secret_number(ByteView magnitude);
/// Returns a number for public octets.
[[nodiscard]] ossl::Handle<BIGNUM> make_number(ByteView magnitude);

/// Signs once with the private key in `key`; throws io where libcrypto cannot.
[[nodiscard]] Bytes sign_with(const EvpKey& key, SignatureAlgorithm algorithm, ByteView message);
/// Returns whether `signature` over `message` is by `key`.
[[nodiscard]] bool verify_with(const EvpKey& key, SignatureAlgorithm algorithm, ByteView message,
                               ByteView signature);

/// Returns the type of key that `algorithm` is for.
[[nodiscard]] KeyType key_type(SignatureAlgorithm algorithm) noexcept;

}  // namespace mtls::crypto
