#include "crypto/digest.hpp"

#include "ossl/handle.hpp"
#include "ossl/openssl_error.hpp"

#include <climits>
#include <openssl/rand.h>

#include <algorithm>

namespace mtls::crypto {
namespace {

/// Fetched once a process, from its default context: a fetch costs more than the digest of a key.
const EVP_MD* sha256_method() {
  constexpr const char* k_name = "SHA2-256";
  static const ossl::Handle<EVP_MD> method = [] {
    ossl::Handle<EVP_MD> fetched(EVP_MD_fetch(nullptr, k_name, nullptr));
    if (!fetched) ossl::throw_unavailable(k_name);
    return fetched;
  }();
  return method.get();
}

}  // namespace

Sha256 sha256(ByteView octets) {
  Sha256 digest{};
  unsigned size = 0;
  const int done =
      EVP_Digest(octets.data(), octets.size(), digest.data(), &size, sha256_method(), nullptr);
  ossl::require(done == 1 && size == digest.size(), "EVP_Digest");
  return digest;
}

void fill_random(std::span<std::uint8_t> octets) {
  while (!octets.empty()) {
    const std::size_t count = std::min<std::size_t>(octets.size(), INT_MAX);
    if (RAND_bytes(octets.data(), static_cast<int>(count)) != 1) {
      ossl::throw_error(Errc::io, "libcrypto's random generator failed");
    }
    octets = octets.subspan(count);
  }
}

}  // namespace mtls::crypto
