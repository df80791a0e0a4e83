// The certificates that a CA directory signs for a probe: E1 to E3, dead as soon as they are made.
#pragma once

#include "cmd/signing_options.hpp"
#include "probe/catalogue.hpp"
#include "tls/attempt.hpp"

#include <optional>

namespace mtls::cmd {

/// Signs through the Issuer under the profile `probe`, on its first use; each certificate is
/// recorded as revoked in the same step. Keys stay in memory.
class ProbeMint final {
 public:
  ProbeMint(const Path& directory, const SigningOptions& signing,
            std::chrono::milliseconds lock_timeout, Session& session);

  [[nodiscard]] const authority::CaDirectory& directory() const noexcept { return m_directory; }
  /// Nothing for other ids, for E1 where the CA is too young to have a past, and (with a warning)
  /// where constraints of the CA's chain forbid it. `good` says which kind of key to make.
  [[nodiscard]] std::optional<tls::Identity> find(probe::Id id, const tls::Identity& good);

 private:
  [[nodiscard]] std::optional<ca::Request> make_request(probe::Id id,
                                                        const crypto::PublicKey& key) const;
  [[nodiscard]] std::optional<x509::Certificate> issue(const ca::Request& request);

  authority::CaDirectory m_directory;
  const SigningOptions& m_signing;
  std::chrono::milliseconds m_lock_timeout;
  Session& m_session;
  std::unique_ptr<SigningCa> m_ca;
  std::optional<crypto::PrivateKey> m_key;
};

}  // namespace mtls::cmd
