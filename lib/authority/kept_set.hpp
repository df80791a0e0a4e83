// --if-missing: whether an existing set is what a first run would have made. Private to
// lib/authority.
#pragma once

#include "authority/standing_set.hpp"

namespace mtls::authority {

/// Returns `unchanged` where the set in `contents`, which has a certificate, is what a first run of
/// the same request would have made: key (kind, mode, passphrase, the certificate's own), request,
/// and a certificate of this issuer, recorded as issued, not expired, with the names, purposes and
/// bounds that expected_certificate says, the validity that was asked for and the chain.
/// `completed` where all but the chain is, some of which is there: then the caller writes the
/// certificate file again. A file with the certificate alone, or with the chain where the request
/// appends none, is kept. What
/// differs and does not matter to a first run's caller is a notice: a changed profile file, other
/// extensions, an encrypted key that was not opened.
///
/// Throws set_mismatch naming all that differs, set_incomplete (no request), not_in_ledger (not
/// recorded, revoked), expired, open_permissions, malformed, wrong_passphrase, and as
/// expected_certificate.
[[nodiscard]] Enrolled keep_set(const SetContents& contents, const Standing& standing);

/// The certificate file of a set: `certificate` and what the request appends.
[[nodiscard]] std::string certificate_file_text(const x509::Certificate& certificate,
                                                const EnrolRequest& request);

}  // namespace mtls::authority
