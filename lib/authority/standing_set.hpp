// What an existing set of files means for an enrolment: refuse it, keep it, or go on where an
// earlier run stopped. Private to lib/authority.
#pragma once

#include "authority/enrol.hpp"

#include <optional>

namespace mtls::authority {

/// What the judgements below look at.
struct Standing {
  const EnrolRequest& request;
  const profile::Profile& profile;
  const store::Ledger& ledger;
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

struct KeyChoice {
  KeySource source;
  std::optional<crypto::PrivateKey> key;  // given and standing ones
};

/// Returns what to answer where the set's certificate stands already and is to be kept; nothing
/// where the enrolment goes on. Throws would_overwrite, request_key_used, set_mismatch,
/// not_in_ledger, expired.
[[nodiscard]] std::optional<Enrolled> settle_existing(const SetContents& contents,
                                                      const Standing& standing);

/// Chooses the key. `issuer` is absent where it is not known yet (a new root).
[[nodiscard]] KeyChoice choose_key(const SetContents& contents, const Standing& standing);

/// What the ledger says of a key that stands there, or of the request key.
struct Resumption {
  /// A certificate that an earlier run recorded and did not publish.
  std::optional<x509::Certificate> recorded;
  /// An intent of a dead process, to be taken over.
  std::optional<x509::SerialNumber> dead_intent;
};

/// Throws intent_live, request_key_used, set_mismatch.
[[nodiscard]] Resumption find_resumption(const x509::Certificate& wanted, KeySource source,
                                         const crypto::PublicKey& issuer_key,
                                         const Standing& standing);

}  // namespace mtls::authority
