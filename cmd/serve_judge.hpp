// Whom `serve` lets in: verify, the revocation lists that were given, and the ledgers of the CAs.
#pragma once

#include "base/clock.hpp"
#include "cmd/ledger_revocation.hpp"
#include "ossl/context.hpp"
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
/// the ledgers, if there are any, have their say. What cannot be asked refuses.
class ServeJudge final : public tls::PeerJudge {
 public:
  /// `clock` and `context` outlive this.
  ServeJudge(ClientTrust trust, std::shared_ptr<const verify::CrlSet> lists, Ledgers ledgers,
             const Clock& clock, const ossl::Context& context);
  [[nodiscard]] tls::PeerVerdict judge(
      const std::vector<x509::Certificate>& presented) const override;

 private:
  ClientTrust m_trust;
  std::shared_ptr<const verify::CrlSet> m_lists;
  Ledgers m_ledgers;
  const Clock& m_clock;
  const ossl::Context& m_context;
};

}  // namespace mtls::cmd
