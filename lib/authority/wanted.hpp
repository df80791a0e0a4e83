// What an enrolment asks of the issuer. Private to lib/authority.
#pragma once

#include "authority/enrol.hpp"

namespace mtls::authority {

/// Returns the certificate that `request` wants over `public_key`. Throws denied_by_profile where
/// the profile does not take from a CSR what is to be taken.
[[nodiscard]] ca::Request wanted_certificate(const EnrolRequest& request,
                                             const profile::Profile& profile,
                                             const crypto::PublicKey& public_key);

/// Throws what `enrol` would refuse a new key's certificate with, before there is a key, a
/// directory or a ledger: everything but the checks of the key itself is done, over a key made for
/// that alone.
void require_grantable(const EnrolRequest& request, const profile::Profile& profile,
                       const IssuerSource& issuer_source, const ossl::Context& context);

}  // namespace mtls::authority
