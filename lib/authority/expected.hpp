// What a first run would issue: what --if-missing compares an existing certificate with. Private to
// lib/authority.
#pragma once

#include "authority/standing_set.hpp"

namespace mtls::authority {

/// Returns the unsigned certificate that a first run of the same request would issue over the key
/// of `existing`, defaults included; its serial and validity mean nothing. No private key is
/// needed: it comes from ca::Issuer::prepare, as every certificate does. Where the request names no
/// subject and has no CSR (`ca init --if-missing` alone), it is the subject of `existing`. Throws
/// what prepare would refuse a first run with: denied_by_profile, weak_key, constraint_violated,
/// bad_signature (a CSR without proof of possession), expired (the CA), clock.
[[nodiscard]] x509::Certificate expected_certificate(const x509::Certificate& existing,
                                                     const Standing& standing);

}  // namespace mtls::authority
