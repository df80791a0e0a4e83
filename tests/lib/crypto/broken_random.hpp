// A random generator that fails.
#pragma once

#include <openssl/types.h>

namespace mtls::crypto::test {

/// While it lives, libcrypto's generator fails on every thread.
class BrokenRandom final {
 public:
  BrokenRandom();
  BrokenRandom(const BrokenRandom&) = delete;
  BrokenRandom& operator=(const BrokenRandom&) = delete;
  ~BrokenRandom();

 private:
  const RAND_METHOD* m_usual;
};

}  // namespace mtls::crypto::test
