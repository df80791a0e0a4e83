#include "verify/rules.hpp"

#include "base/format.hpp"
#include "x509/name_matching.hpp"

namespace mtls::verify {
namespace {

/// RFC 5280 sections 4.2.1.3 and 4.2.1.9, and 6.1.4 steps (k) and (n).
void check_may_sign(Candidate& issuer, std::size_t depth, Findings& findings) {
  const DecodedExtensions& extensions = issuer.extensions();
  if (!extensions.is_ca()) {
    findings.error(Problem::issuer_not_ca, depth,
                   extensions.basic_constraints ? "it issued a certificate, and says CA:FALSE"
                                                : "it issued a certificate, and nothing in it says "
                                                  "that it is a CA (no basicConstraints)");
  }
  if (!extensions.key_usage) {
    if (!extensions.is_ca()) return;  // said already
    findings.error(Problem::key_usage_forbids_signing, depth,
                   "it is a CA without keyUsage, which must say keyCertSign");
  } else if (!extensions.key_usage->has(x509::KeyUsageBit::key_cert_sign)) {
    findings.error(Problem::key_usage_forbids_signing, depth,
                   "it issued a certificate, and its keyUsage does not have keyCertSign");
  }
}

/// RFC 5280 section 6.1.4 steps (l) and (m): self-issued CAs do not count, the leaf neither.
void check_path_length(const Path& path, std::size_t depth, Findings& findings) {
  const DecodedExtensions& extensions = path.certificates[depth]->extensions();
  if (!extensions.is_ca() || !extensions.basic_constraints->path_length) return;
  unsigned below = 0;
  for (std::size_t i = 1; i < depth; ++i) {
    if (!path.certificates[i]->is_self_issued()) ++below;
  }
  const unsigned allowed = *extensions.basic_constraints->path_length;
  if (below <= allowed) return;
  findings.error(Problem::path_length_exceeded, depth,
                 format("its path length allows {} CA{} below it, and there {} {}", allowed,
                        allowed == 1 ? "" : "s", below == 1 ? "is" : "are", below));
}

/// RFC 5280 section 6.1.3 steps (b) and (c): all below, self-issued CAs excepted.
void check_names_below(const Path& path, std::size_t depth, Findings& findings) {
  const auto& constraints = path.certificates[depth]->extensions().name_constraints;
  if (!constraints) return;
  for (std::size_t i = 0; i < depth; ++i) {
    Candidate& below = *path.certificates[i];
    if (i > 0 && below.is_self_issued()) continue;
    const auto why = x509::constraint_violation(
        *constraints, below.certificate().subject(), below.extensions().subject_alt_names,
        i == 0 ? x509::CommonNames::as_hosts : x509::CommonNames::ignored);
    if (!why) continue;
    findings.error(
        Problem::name_constraint_violated, i,
        format("{} by the name constraints of {}", *why, path.certificates[depth]->shown_name()));
  }
}

/// OpenSSL takes no issuer for one whose key identifier differs, so most listeners refuse the path.
void check_key_ids(Candidate& child, Candidate& issuer, std::size_t depth, Findings& findings) {
  if (match_key_ids(child, issuer) != KeyIdMatch::differ) return;
  findings.error(Problem::other, depth,
                 format("its authorityKeyIdentifier means another certificate than that of {}",
                        issuer.shown_name()));
}

/// OpenSSL takes such a certificate for no root, and refuses every path to it unless told to accept
/// partial chains. A self-issued anchor that another key signed is none of these.
void check_root_key_ids(const Path& path, const ossl::Context& context, Findings& findings) {
  Candidate& last = *path.certificates.back();
  if (!last.is_self_issued() || match_key_ids(last, last) != KeyIdMatch::differ) return;
  const x509::Certificate& certificate = last.certificate();
  if (!certificate.is_signed_by(certificate.public_key(), context)) return;
  findings.error(Problem::other, path.certificates.size() - 1,
                 "it signed itself, and its authorityKeyIdentifier means another certificate");
}

}  // namespace

void check_issuers(const Path& path, const ossl::Context& context, Findings& findings) {
  for (std::size_t depth = 1; depth < path.certificates.size(); ++depth) {
    check_may_sign(*path.certificates[depth], depth, findings);
    check_path_length(path, depth, findings);
    check_names_below(path, depth, findings);
    check_key_ids(*path.certificates[depth - 1], *path.certificates[depth], depth - 1, findings);
  }
  check_root_key_ids(path, context, findings);
}

void apply_rules(const Path& path, const RuleContext& rules, Findings& findings) {
  for (std::size_t depth = 0; depth < path.certificates.size(); ++depth) {
    check_certificate(*path.certificates[depth], depth, path, rules, findings);
  }
  check_use(path, rules.request, findings);
  check_issuers(path, rules.context, findings);
}

}  // namespace mtls::verify
