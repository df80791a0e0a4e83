// A CA's ledger as a source of revocation: the binding of lib/store to lib/verify.
#pragma once

#include "store/ledger.hpp"
#include "verify/revocation_source.hpp"

namespace mtls::cmd {

/// Knows what the ledger knows: revoked where its record says so, good where it is recorded as
/// issued, unknown for other issuers and for what is not recorded. Without an issuer the
/// certificate is looked up by its fingerprint. The ledger must outlive it.
class LedgerRevocation final : public verify::RevocationSource {
 public:
  explicit LedgerRevocation(const store::Ledger& ledger) : m_ledger(ledger) {}
  [[nodiscard]] verify::RevocationAnswer ask(const x509::Certificate& certificate,
                                             const x509::Certificate* issuer) const override;

 private:
  [[nodiscard]] std::optional<store::Record> find(const x509::Certificate& certificate,
                                                  const x509::Certificate* issuer) const;

  const store::Ledger& m_ledger;
};

}  // namespace mtls::cmd
