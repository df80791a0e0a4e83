// A CA's ledger as a source of revocation: the binding of lib/store to lib/verify.
#pragma once

#include "store/ledger.hpp"
#include "verify/revocation_source.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace mtls::cmd {

/// Knows what the ledger knows (store::Ledger::status): revoked by issuer and serial, good where
/// this very certificate is recorded as issued, unknown for other issuers and for what is not
/// recorded. The ledger must outlive it; its answers are remembered. For one thread.
class LedgerRevocation final : public verify::RevocationSource {
 public:
  explicit LedgerRevocation(const store::Ledger& ledger) : m_ledger(ledger) {}
  [[nodiscard]] verify::RevocationAnswer ask(const x509::Certificate& certificate,
                                             const x509::Certificate* issuer) const override;
  /// Nothing where the ledger does not know the issuer.
  [[nodiscard]] const std::optional<store::CertificateStatus>& status(
      const x509::Certificate& certificate, const x509::Certificate* issuer) const;

 private:
  using Question = std::pair<crypto::Sha256, crypto::Sha256>;  // certificate, issuer
  const store::Ledger& m_ledger;
  mutable std::map<Question, std::optional<store::CertificateStatus>> m_answers;
};

/// The ledgers of several CAs, in the order in which they are asked: a root's knows what became of
/// an intermediate, and the intermediate's of what stands below.
using Ledgers = std::vector<std::shared_ptr<const store::Ledger>>;

/// Several ledgers as one source: revoked where any of them says so, good where any has it as
/// issued. One that cannot be asked throws, unless another has said "revoked" before. The ledgers
/// must outlive it. For one thread.
class LedgersRevocation final : public verify::RevocationSource {
 public:
  explicit LedgersRevocation(const Ledgers& ledgers);
  [[nodiscard]] verify::RevocationAnswer ask(const x509::Certificate& certificate,
                                             const x509::Certificate* issuer) const override;
  /// What they know together; nothing where none knows the issuer. The state is that of the ledger
  /// that has the certificate, or `revoked`.
  [[nodiscard]] std::optional<store::CertificateStatus> status(
      const x509::Certificate& certificate, const x509::Certificate* issuer) const;

 private:
  std::deque<LedgerRevocation> m_sources;
};

}  // namespace mtls::cmd
