// The seam under everything that signs: a CA key may be a file today and a token tomorrow.
#pragma once

#include "crypto/private_key.hpp"
#include "crypto/public_key.hpp"
#include "crypto/signature_algorithm.hpp"

namespace mtls::crypto {

/// Signs with one key by one algorithm. `sign` may be called from up to `max_parallel` threads.
class Signer {
 public:
  Signer() = default;
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;
  virtual ~Signer() = default;
  [[nodiscard]] virtual const PublicKey& public_key() const noexcept = 0;
  [[nodiscard]] virtual SignatureAlgorithm algorithm() const noexcept = 0;
  /// Returns the signature over `message`; throws io.
  [[nodiscard]] virtual Bytes sign(ByteView message) const = 0;
  [[nodiscard]] virtual unsigned max_parallel() const noexcept = 0;
};

/// Signs with a key in memory.
class SoftwareSigner final : public Signer {
 public:
  SoftwareSigner(PrivateKey key, SignatureAlgorithm algorithm);
  [[nodiscard]] const PublicKey& public_key() const noexcept override;
  [[nodiscard]] SignatureAlgorithm algorithm() const noexcept override;
  [[nodiscard]] Bytes sign(ByteView message) const override;
  [[nodiscard]] unsigned max_parallel() const noexcept override;

 private:
  PrivateKey m_key;
  SignatureAlgorithm m_algorithm;
};

}  // namespace mtls::crypto
