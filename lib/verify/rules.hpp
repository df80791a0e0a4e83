// Our own rules on one path, beside those of X509_verify_cert. Private to this room.
#pragma once

#include "verify/findings.hpp"

namespace mtls::verify {

/// What the rules need to know beside the path.
struct RuleContext {
  const VerifyRequest& request;
  /// The time that "3 days ago" is counted from; where it is far from request.at, messages say so.
  UnixTime now;
  const ossl::Context& context;
};

/// Holds every certificate of `path` to the rules and adds what it finds. Checks no signature.
void apply_rules(const Path& path, const RuleContext& rules, Findings& findings);

// The parts of it.

/// Each certificate for itself: version, algorithms, key, extensions, serial, validity.
void check_certificate(Candidate& candidate, std::size_t depth, const Path& path,
                       const RuleContext& rules, Findings& findings);
/// What the leaf and the CAs above it may be used for, and the host.
void check_use(const Path& path, const VerifyRequest& request, Findings& findings);
/// What each CA may do to those below it: sign, path length, names, key identifiers.
void check_issuers(const Path& path, const ossl::Context& context, Findings& findings);

}  // namespace mtls::verify
