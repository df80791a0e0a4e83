// What an existing set of files means for an enrolment: refuse it, keep it, or go on where an
// earlier run stopped. Private to lib/authority.
#pragma once

#include "authority/enrol.hpp"
#include "base/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::authority {

/// What the judgements below look at.
struct Standing {
  const EnrolRequest& request;
  const profile::Profile& profile;
  store::Ledger& ledger;
  const OutputSet& output;
  const ca::Issuer::Surroundings& surroundings;
};

/// Where the subject's key comes from.
enum class KeySource {
  csr,           // somebody else's: only the public half is here
  given,         // --key FILE
  standing,      // NAME.key, left by a run that was cut short or put there by the user
  standing_new,  // NAME.key.new, left by a replacement that was cut short
  to_make,
};

/// How the file of the set's own key is, or will be.
enum class KeyProtection { none, passphrase };

struct KeyChoice {
  KeySource source = KeySource::to_make;
  std::optional<crypto::PrivateKey> key = {};  // given and standing ones
  KeyProtection protection = KeyProtection::none;
};

/// Whether the request wants a key of the set's own: made, or standing there.
[[nodiscard]] bool has_own_key(const EnrolRequest& request);
/// Whether a set that stands is to be replaced (--force, --force-key).
[[nodiscard]] bool is_replacing(const EnrolRequest& request);

/// Whether the set is a CA's own: `ca init` is at work.
[[nodiscard]] bool own_ca(const Standing& standing);

/// Returns what to answer where the set has a certificate already and is to be kept: `unchanged`,
/// or `completed` where the certificate file lacks its chain and is to be written again
/// (kept_set.hpp); nothing where the enrolment goes on. Throws would_overwrite, request_key_used,
/// and as keep_set.
[[nodiscard]] std::optional<Enrolled> settle_existing(const SetContents& contents,
                                                      const Standing& standing);

/// require_found_key for the request: for every key that stands in the set and is used or kept.
void require_trusted_key(const FileContents& file, const std::string& name,
                         const Standing& standing);

/// Chooses the key. One that stands must be what the request asks for (kind, passphrase), as
/// require_trusted_key has it, and the set's only one: set_mismatch, open_permissions,
/// foreign_owner.
[[nodiscard]] KeyChoice choose_key(const SetContents& contents, const Standing& standing);

/// Returns whether NAME.csr may take the place of what bears its name: of a request over the very
/// key that is certified, which an interrupted run left, and of anything with --force. Throws
/// would_overwrite for another request, before anything is written.
[[nodiscard]] Overwrite request_overwrite(const SetContents& contents, const KeyChoice& choice,
                                          const Standing& standing);

/// A certificate over a key from elsewhere is never put next to another private key: the two would
/// be taken for a set. Throws set_mismatch where NAME.key is, or may be, another key than
/// `certified`.
void require_no_other_key(const SetContents& contents, const crypto::PublicKey& certified,
                          const Standing& standing);

/// Reads a key that stands in the set, with the request's passphrase; `name` for messages.
[[nodiscard]] crypto::PrivateKey open_standing_key(const FileContents& file,
                                                   const std::string& name,
                                                   const Standing& standing);

/// What of a file is not as it was asked for.
struct Mismatch {
  std::string file;
  std::string why;
};
/// "x.crt is there and does not match: WHY; WHY; x.csr: WHY".
[[nodiscard]] std::string mismatch_text(const std::vector<Mismatch>& mismatches);
/// An error that says that NAME.crt, or another file of the set, is not what was asked for.
[[nodiscard]] Error set_mismatch(const std::string& file, std::string_view why,
                                 const Standing& standing);
[[nodiscard]] Error set_mismatch(const std::vector<Mismatch>& mismatches, const Standing& standing);
/// How to replace a set that cannot be kept, with the flags that its command has.
[[nodiscard]] std::string replace_hint(const Standing& standing);

/// What the ledger says of a key that stands there, or of the request key.
struct Resumption {
  /// A certificate that an earlier run recorded and did not publish.
  std::optional<x509::Certificate> recorded = {};
  /// An intent of a dead process, to be taken over.
  std::optional<x509::SerialNumber> dead_intent = {};
  /// The key belongs to another wish and is to be replaced anyway: a new one is made.
  bool spent_key = false;
};

/// Throws intent_live, request_key_used, set_mismatch.
[[nodiscard]] Resumption find_resumption(const x509::Certificate& wanted, KeySource source,
                                         const crypto::PublicKey& issuer_key,
                                         const Standing& standing);

}  // namespace mtls::authority
