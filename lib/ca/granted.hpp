// The parts of a certificate that follow from a request, a profile and the issuing chain. Private
// to lib/ca.
#pragma once

#include "ca/issuer.hpp"
#include "x509/name_matching.hpp"

#include <vector>

namespace mtls::ca {

/// What surrounds one request while it is prepared.
struct Grounds {
  const profile::Profile& profile;
  /// The issuing certificate first, then those above it; empty for a new root.
  const std::vector<x509::Certificate>& chain;
  const crypto::PublicKey& issuer_key;
  UnixTime now;
  const ossl::Context& context;
};

/// Whether `profile` is the built-in one under which certificates are made to be refused.
[[nodiscard]] bool is_for_probes(const profile::Profile& profile);

/// Returns the subject: the profile's fixed fields put in, required ones there, every value good.
/// Throws denied_by_profile, bad_name. Adds a warning for an e-mail address that is none.
[[nodiscard]] x509::Name grant_subject(const Request& request, const Grounds& grounds,
                                       std::vector<Notice>& notices);

/// Returns the SANs, each once, in the order asked for. Throws too_many_names, bad_name,
/// denied_by_profile.
[[nodiscard]] x509::GeneralNames grant_subject_alt_names(const Request& request,
                                                         const Grounds& grounds);

/// What common names under `profile` are held to name constraints as: those of a CA only where its
/// key usage lets it be a TLS peer itself.
[[nodiscard]] x509::CommonNames constrained_common_names(const profile::Profile& profile);

/// Throws constraint_violated where a CA certificate above does not allow these names, or what some
/// program may take the common names for (x509::CommonNames::as_any_identity).
void require_within_constraints(const x509::Name& subject, const x509::GeneralNames& names,
                                const Grounds& grounds);

/// Returns the validity: notBefore back-dated but not before the issuer's, notAfter so that both
/// ends count (RFC 5280 section 4.1.2.5), clipped to the issuer's with a notice. Throws
/// denied_by_profile, constraint_violated (where clipping is refused), usage (an end in the past),
/// expired (the issuer). A window of the request's own is taken as it is, under the profile `probe`
/// alone: denied_by_profile under others, constraint_violated where it is not within the issuer's.
[[nodiscard]] x509::Validity grant_validity(const Request& request, const Grounds& grounds,
                                            std::vector<Notice>& notices);

/// Returns the extended key usages: the profile's, or the fewer that the request names. Throws
/// denied_by_profile for one that the profile has not, and for none at all.
[[nodiscard]] std::vector<der::Oid> grant_purposes(const Request& request,
                                                   const profile::Profile& profile);

/// Returns the extensions in their usual order. Throws denied_by_profile for a path length above
/// the profile's, constraint_violated for one above the chain's.
[[nodiscard]] x509::Extensions grant_extensions(const Request& request, const Grounds& grounds,
                                                const x509::Name& subject,
                                                const x509::GeneralNames& names);

/// Adds what the CSR asked for and is not granted.
void note_ungranted(const x509::CertificateRequest& csr, const x509::Certificate& granted,
                    std::vector<Notice>& notices);

/// Throws internal where the certificate, parsed from the TBS that will be signed, says anything
/// else than the profile and the request allow: the last look before the signature, independent of
/// what made the TBS.
void require_conformance(const x509::Certificate& unsigned_certificate, const Request& request,
                         const Grounds& grounds);

}  // namespace mtls::ca
