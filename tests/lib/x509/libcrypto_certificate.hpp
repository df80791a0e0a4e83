// A certificate made of a plan by libcrypto's own objects and encoders: the oracle of our writer.
#pragma once

#include "lib/x509/certificate_plan.hpp"

namespace mtls::x509::test {

struct LibcryptoCertificate {
  Octets tbs;
  Octets der;
};

/// Builds, signs and encodes it with libcrypto alone. Throws std::runtime_error where a call fails.
[[nodiscard]] LibcryptoCertificate make_with_libcrypto(const CertificatePlan& plan);

/// The SubjectPublicKeyInfo, as libcrypto encodes it, of the subject key `index` of a plan.
[[nodiscard]] const Octets& subject_spki(unsigned index);

}  // namespace mtls::x509::test
