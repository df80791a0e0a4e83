#include "cmd/ledger_revocation.hpp"

namespace mtls::cmd {

verify::RevocationAnswer LedgerRevocation::ask(const x509::Certificate& certificate,
                                               const x509::Certificate* issuer) const {
  using verify::RevocationStatus;
  const auto record = find(certificate, issuer);
  if (record && record->state == store::State::revoked) {
    return {RevocationStatus::revoked, record->revoked_time};
  }
  if (const auto revoked = find_in_log(record, certificate, issuer)) return *revoked;
  if (!record) return {RevocationStatus::unknown, std::nullopt};
  return {
      record->state == store::State::issued ? RevocationStatus::good : RevocationStatus::unknown,
      std::nullopt};
}

const std::optional<store::Record>& LedgerRevocation::find_record(
    const x509::Certificate& certificate) const {
  const crypto::Sha256& fingerprint = certificate.fingerprint();
  const auto known = m_records.find(fingerprint);
  if (known != m_records.end()) return known->second;
  // Only an answer is remembered: a question that failed does not mean "not recorded".
  return m_records.emplace(fingerprint, m_ledger.find_by_fingerprint(fingerprint)).first->second;
}

std::optional<store::Record> LedgerRevocation::find(const x509::Certificate& certificate,
                                                    const x509::Certificate* issuer) const {
  if (const auto& record = find_record(certificate)) return record;
  if (issuer == nullptr) return std::nullopt;
  const auto id = m_ledger.find_issuer(issuer->subject(), issuer->public_key());
  return id ? m_ledger.find(*id, certificate.serial()) : std::nullopt;
}

std::optional<verify::RevocationAnswer> LedgerRevocation::find_in_log(
    const std::optional<store::Record>& record, const x509::Certificate& certificate,
    const x509::Certificate* issuer) const {
  auto id = record ? std::optional(record->issuer) : std::nullopt;
  if (!id && issuer != nullptr) {
    id = m_ledger.find_issuer(issuer->subject(), issuer->public_key());
  }
  if (!id) return std::nullopt;
  const auto revocation = m_ledger.find_lost_revocation(*id, certificate.serial());
  if (!revocation) return std::nullopt;
  return verify::RevocationAnswer{verify::RevocationStatus::revoked, revocation->time};
}

}  // namespace mtls::cmd
