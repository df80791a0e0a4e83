// The seam under everything that signs: a CA key may be a file today and a token tomorrow.
#pragma once

#include "crypto/private_key.hpp"
#include "crypto/public_key.hpp"
#include "crypto/signature_algorithm.hpp"

namespace mtls::crypto {

/// Signs with one key by one algorithm, accepted or outdated (SHA-1: weak_crypto.hpp).
class AnySigner {
 public:
  AnySigner() = default;
  AnySigner(const AnySigner&) = delete;
  AnySigner& operator=(const AnySigner&) = delete;
  virtual ~AnySigner() = default;
  [[nodiscard]] virtual const PublicKey& public_key() const noexcept = 0;
  /// The whole AlgorithmIdentifier as DER; a view into this object or static storage.
  [[nodiscard]] virtual ByteView algorithm_identifier() const noexcept = 0;
  /// Returns the signature over `message`; throws io, and unsupported where this system does not
  /// sign by the algorithm.
  [[nodiscard]] virtual Bytes sign(ByteView message) const = 0;
};

/// Signs by an accepted algorithm. `sign` may be called from up to `max_parallel` threads.
class Signer : public AnySigner {
 public:
  [[nodiscard]] virtual SignatureAlgorithm algorithm() const noexcept = 0;
  [[nodiscard]] ByteView algorithm_identifier() const noexcept final;
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
