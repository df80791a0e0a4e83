#include "cmd/ledger_revocation.hpp"

namespace mtls::cmd {

verify::RevocationAnswer LedgerRevocation::ask(const x509::Certificate& certificate,
                                               const x509::Certificate& issuer) const {
  using verify::RevocationStatus;
  const auto id = m_ledger.find_issuer(issuer.subject(), issuer.public_key());
  if (!id) return {RevocationStatus::unknown, std::nullopt};
  const auto record = m_ledger.find(*id, certificate.serial());
  if (!record) return {RevocationStatus::unknown, std::nullopt};
  if (record->state == store::State::revoked) {
    return {RevocationStatus::revoked, record->revoked_time};
  }
  return {
      record->state == store::State::issued ? RevocationStatus::good : RevocationStatus::unknown,
      std::nullopt};
}

}  // namespace mtls::cmd
