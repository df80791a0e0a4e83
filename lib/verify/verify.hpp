// The verdict on a certificate (RFC 5280 section 6): candidate paths are built here, each single
// path is judged by X509_verify_cert, our own rules run on top, and the best report wins. No
// OpenSSL type shows.
#pragma once

#include "base/clock.hpp"
#include "crypto/digest.hpp"
#include "ossl/context.hpp"
#include "verify/revocation_source.hpp"
#include "x509/certificate.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mtls::verify {

/// What the leaf is to be used for. Its extendedKeyUsage and that of every CA above it, where
/// present, must have clientAuth or serverAuth itself: anyExtendedKeyUsage alone is
/// `wrong_purpose`, since OpenSSL's servers and clients refuse it too. A leaf without
/// extendedKeyUsage may be used for anything (RFC 5280 section 4.2.1.12) and is let in by every
/// listener: `purpose_not_stated`, a warning. A certificate of version 1 or 2, which can say
/// nothing of its use, is `not_version_3`, an error for every purpose. `any` asks nothing of key
/// usages.
enum class Purpose { client, server, any };

/// Bounds on the search, so that a hostile pool costs bounded time. Where one cuts the search short
/// and nothing was accepted, `budget_exceeded` is among the findings.
struct Budget {
  unsigned max_depth = 10;              // certificates above the leaf
  unsigned max_paths = 64;              // complete candidate paths that are judged
  unsigned max_signature_checks = 256;  // while building
  std::chrono::milliseconds deadline{5'000};
};

/// What is asked. Plain values. An anchor is known by its whole DER, never by its name or key, and
/// is held to the same rules as the others but for the signature on it. It may be the leaf itself,
/// and it need not be self-signed: a path ends at the first anchor.
struct VerifyRequest {
  x509::Certificate leaf;
  std::vector<x509::Certificate> pool;  // intermediates, in any order, not trusted
  /// Intermediates that only this side has: no less candidates, but an accepted path that needs one
  /// of them gets the warning `intermediate_not_sent`. One that is in `pool` too is no such.
  std::vector<x509::Certificate> local_pool = {};
  std::vector<x509::Certificate> anchors;  // trusted
  /// Only the certificate with this SHA-256 is an anchor, wherever it was found (anchors, pool,
  /// leaf).
  std::optional<crypto::Sha256> anchor_fingerprint;
  Purpose purpose = Purpose::client;
  /// The leaf must bear this host (dNSName or iPAddress; the CN never counts), RFC 9525.
  std::optional<std::string> host;
  UnixTime at;
  Budget budget;
};

/// Every problem that can be reported. The word of each (`name`) never changes.
enum class Problem {
  // What is wrong with the path.
  no_trust_anchor,   // no path to any anchor
  self_signed_leaf,  // a self-signed certificate that is no anchor
  bad_signature,
  weak_signature,  // SHA-1, MD5
  weak_key,
  issuer_not_ca,
  path_length_exceeded,
  key_usage_forbids_signing,
  name_constraint_violated,
  unknown_critical_extension,
  malformed_extension,
  signature_algorithms_differ,
  not_version_3,
  policy_failed,
  budget_exceeded,
  intermediate_not_sent,  // a warning: those who lack the intermediate refuse the certificate
  // Its use.
  wrong_purpose,
  purpose_not_stated,  // no extendedKeyUsage: usable as client and server
  host_mismatch,
  // Time.
  expired,
  not_yet_valid,
  // Revocation.
  revoked,
  revocation_unknown,
  // What the issuer recorded.
  signature_not_recorded,  // this TBS with another signature: an ECDSA signature can be changed
  serial_of_another,       // another certificate has this serial
  // Everything else that X509_verify_cert reports, in its own words.
  other,
};
[[nodiscard]] std::string_view name(Problem problem) noexcept;

/// Which of design's exit classes a problem belongs to: no, no because of time, no because of
/// revocation.
enum class ProblemClass { no, time, revocation };
[[nodiscard]] ProblemClass problem_class(Problem problem) noexcept;

enum class Severity { error, warning };

/// When and why a certificate was revoked, as far as that is known.
struct RevocationFacts {
  std::optional<UnixTime> revoked_at;
  std::string reason;  // RFC 5280's name ("keyCompromise"), safe to show; empty: none was given
};

struct Finding {
  Problem problem;
  Severity severity;
  std::size_t depth;    // 0 the leaf, upwards; an index into VerifyReport::path
  std::string subject;  // of that certificate, safe to show
  std::string message;  // "expired 3 days ago, at 2026-01-01T00:00:00Z"
  std::string hint;     // what to do next; may be empty
  std::optional<RevocationFacts> revocation = {};  // of Problem::revoked
};

/// Returns "revoked at 2026-01-01T00:00:00Z, reason keyCompromise", or as much of it as is known.
[[nodiscard]] std::string revocation_text(const RevocationFacts& revocation);

/// The verdict. `accepted` exactly if a path to an anchor was found and no finding is an error.
struct VerifyReport {
  bool accepted;
  /// The best path found, leaf first; with no anchor: as far as it went.
  std::vector<x509::Certificate> path;
  /// The anchor at its end.
  std::optional<x509::Certificate> anchor;
  std::vector<Finding> findings;  // errors first, then by depth, then in the order of Problem
  unsigned paths_tried;
};

/// Judges. `revocation` may be null: then nothing is said of it; a certificate that it knows as
/// revoked is refused whatever `at` is. `clock` serves the deadline and the wording of times alone.
/// Throws malformed where libcrypto cannot read the leaf at all, io or internal where it fails; a
/// certificate that is merely bad is a finding.
/// No trust comes from anywhere but the request: no directory, no file, no environment variable.
[[nodiscard]] VerifyReport verify(const VerifyRequest& request, const RevocationSource* revocation,
                                  const Clock& clock, const ossl::Context& context);

}  // namespace mtls::verify
