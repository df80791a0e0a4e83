// A CA's ledger as a source of revocation: the binding of lib/store to lib/verify.
#pragma once

#include "store/ledger.hpp"
#include "verify/revocation_source.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace mtls::cmd {

/// Knows what the ledger knows: revoked where its record says so or the issuer's log revokes the
/// serial, whatever became of the record since; good where it is recorded as issued, unknown for
/// other issuers and for what is not recorded. A certificate is looked up by its fingerprint, and
/// by issuer and serial where the ledger has not its octets. The ledger must outlive it; what it
/// said is remembered. For one thread.
class LedgerRevocation final : public verify::RevocationSource {
 public:
  explicit LedgerRevocation(const store::Ledger& ledger) : m_ledger(ledger) {}
  [[nodiscard]] verify::RevocationAnswer ask(const x509::Certificate& certificate,
                                             const x509::Certificate* issuer) const override;
  /// What the ledger says of this very certificate, if anything.
  [[nodiscard]] const std::optional<store::RecordedState>& find_state(
      const x509::Certificate& certificate) const;

 private:
  [[nodiscard]] std::optional<store::RecordedState> find(const x509::Certificate& certificate,
                                                         const x509::Certificate* issuer) const;

  /// A revocation that stands in the log alone: the row was lost, or changed by other hands.
  [[nodiscard]] std::optional<verify::RevocationAnswer> find_in_log(
      const std::optional<store::RecordedState>& recorded, const x509::Certificate& certificate,
      const x509::Certificate* issuer) const;

  const store::Ledger& m_ledger;
  mutable std::map<crypto::Sha256, std::optional<store::RecordedState>> m_states;
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
  /// What the first that has this very certificate says of it.
  [[nodiscard]] std::optional<store::RecordedState> find_state(
      const x509::Certificate& certificate) const;

 private:
  std::deque<LedgerRevocation> m_sources;
};

}  // namespace mtls::cmd
