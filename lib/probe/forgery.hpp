// The bad identities that need no CA: made in memory from the good one, gone when the run ends.
#pragma once

#include "base/clock.hpp"
#include "ossl/context.hpp"
#include "probe/catalogue.hpp"
#include "tls/attempt.hpp"

#include <optional>

namespace mtls::probe {

/// Makes P2 to P6 and E6. Its keys are of the good key's kind (RSA of 2,048 bits), so that nothing
/// is refused for the kind of its key. No forged certificate is written anywhere, and none is
/// signed by a real CA's key; E6 alone is signed with the good key.
class Forger final {
 public:
  /// `context` must outlive it. Throws unsupported for a good key of another kind than KeySpec's.
  Forger(tls::Identity good, const ossl::Context& context);

  /// Self-signed, with the good one's subject, alternative names and usages.
  [[nodiscard]] tls::Identity self_signed_copy() const;
  /// The good one's copy under a chain of rogue CAs with the real ones' names and key identifiers;
  /// the whole chain is sent, its root too.
  [[nodiscard]] tls::Identity under_rogue_ca() const;
  /// Self-signed, with the name (and key identifier) of the anchor as subject.
  [[nodiscard]] tls::Identity named_as_anchor() const;
  /// The good one with the last bit of its signature flipped, and its own key.
  [[nodiscard]] tls::Identity flipped_signature() const;
  /// The good one with a key that is not its own.
  [[nodiscard]] tls::Identity wrong_key() const;
  /// A leaf that the good certificate "issued". Signs with the good key.
  [[nodiscard]] tls::Identity signed_by_good() const;

  /// The one for `id`; nothing for those that it does not make.
  [[nodiscard]] std::optional<tls::Identity> make(Id id) const;

 private:
  tls::Identity m_good;
  const ossl::Context& m_context;
  crypto::PrivateKey m_leaf_key;
  crypto::PrivateKey m_rogue_key;  // of the kind that signed the good one
};

}  // namespace mtls::probe
