// Whom `serve` lets in: verify, the revocation lists that were given, and the CA's ledger.
#pragma once

#include "base/clock.hpp"
#include "ossl/context.hpp"
#include "store/ledger.hpp"
#include "tls/peer_judge.hpp"
#include "verify/crl_set.hpp"

#include <memory>
#include <vector>

namespace mtls::cmd {

/// Whom to trust, as values.
struct ClientTrust {
  std::vector<x509::Certificate> anchors;
  std::vector<x509::Certificate> pool;  // CAs between, that clients need not send
  /// CAs between that clients must send, as they must to a load balancer; known only so that the
  /// refusal can say so.
  std::vector<x509::Certificate> must_be_sent = {};
};

/// Judges with verify::verify as a client; then every list that was given for a CA on the path, and
/// the ledger, if there is one, have their say. What cannot be asked refuses.
class ServeJudge final : public tls::PeerJudge {
 public:
  /// `ledger` may be null. `clock` and `context` outlive this.
  ServeJudge(ClientTrust trust, std::shared_ptr<const verify::CrlSet> lists,
             std::shared_ptr<const store::Ledger> ledger, const Clock& clock,
             const ossl::Context& context);
  [[nodiscard]] tls::PeerVerdict judge(
      const std::vector<x509::Certificate>& presented) const override;

 private:
  ClientTrust m_trust;
  std::shared_ptr<const verify::CrlSet> m_lists;
  std::shared_ptr<const store::Ledger> m_ledger;
  const Clock& m_clock;
  const ossl::Context& m_context;
};

}  // namespace mtls::cmd
