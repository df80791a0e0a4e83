#include "crypto/signer.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "crypto/evp_key.hpp"

#include <thread>
#include <utility>

namespace mtls::crypto {

ByteView Signer::algorithm_identifier() const noexcept {
  return crypto::algorithm_identifier(algorithm());
}

SoftwareSigner::SoftwareSigner(PrivateKey key, SignatureAlgorithm algorithm)
    : m_key(std::move(key)), m_algorithm(algorithm) {
  if (key_type(algorithm) != m_key.public_key().spec()->type()) {
    throw Error(Errc::internal, format("{} does not fit a key of kind {}", name(algorithm),
                                       m_key.public_key().description()));
  }
}

const PublicKey& SoftwareSigner::public_key() const noexcept { return m_key.public_key(); }
SignatureAlgorithm SoftwareSigner::algorithm() const noexcept { return m_algorithm; }
Bytes SoftwareSigner::sign(ByteView message) const { return m_key.sign(m_algorithm, message); }

unsigned SoftwareSigner::max_parallel() const noexcept {
  const unsigned cores = std::thread::hardware_concurrency();
  return cores > 0 ? cores : 1;
}

}  // namespace mtls::crypto
