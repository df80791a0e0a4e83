#include "broken_random.hpp"

#include <openssl/rand.h>

// Deprecated for programs, and the only way to make it fail.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace mtls::crypto::test {
namespace {

int refuse(unsigned char* /*octets*/, int /*count*/) { return 0; }

}  // namespace

BrokenRandom::BrokenRandom() : m_usual(RAND_get_rand_method()) {
  static const RAND_METHOD broken{nullptr, refuse, nullptr, nullptr, refuse, nullptr};
  RAND_set_rand_method(&broken);
}

BrokenRandom::~BrokenRandom() { RAND_set_rand_method(m_usual); }

}  // namespace mtls::crypto::test
