#include "cmd/ledger_revocation.hpp"

namespace mtls::cmd {

verify::RevocationAnswer LedgerRevocation::ask(const x509::Certificate& certificate,
                                               const x509::Certificate* issuer) const {
  using verify::RevocationStatus;
  const auto recorded = find(certificate, issuer);
  if (recorded && recorded->state == store::State::revoked) {
    return {RevocationStatus::revoked, recorded->revoked_time};
  }
  if (const auto revoked = find_in_log(recorded, certificate, issuer)) return *revoked;
  if (!recorded) return {RevocationStatus::unknown, std::nullopt};
  return {
      recorded->state == store::State::issued ? RevocationStatus::good : RevocationStatus::unknown,
      std::nullopt};
}

const std::optional<store::RecordedState>& LedgerRevocation::find_state(
    const x509::Certificate& certificate) const {
  const crypto::Sha256& fingerprint = certificate.fingerprint();
  const auto known = m_states.find(fingerprint);
  if (known != m_states.end()) return known->second;
  // Only an answer is remembered: a question that failed does not mean "not recorded".
  return m_states.emplace(fingerprint, m_ledger.find_state(fingerprint)).first->second;
}

std::optional<store::RecordedState> LedgerRevocation::find(const x509::Certificate& certificate,
                                                           const x509::Certificate* issuer) const {
  if (const auto& recorded = find_state(certificate)) return recorded;
  if (issuer == nullptr) return std::nullopt;
  const auto id = m_ledger.find_issuer(issuer->subject(), issuer->public_key());
  return id ? m_ledger.find_state(*id, certificate.serial()) : std::nullopt;
}

std::optional<verify::RevocationAnswer> LedgerRevocation::find_in_log(
    const std::optional<store::RecordedState>& recorded, const x509::Certificate& certificate,
    const x509::Certificate* issuer) const {
  auto id = recorded ? std::optional(recorded->issuer) : std::nullopt;
  if (!id && issuer != nullptr) {
    id = m_ledger.find_issuer(issuer->subject(), issuer->public_key());
  }
  if (!id) return std::nullopt;
  const auto revocation = m_ledger.find_lost_revocation(*id, certificate.serial());
  if (!revocation) return std::nullopt;
  return verify::RevocationAnswer{verify::RevocationStatus::revoked, revocation->time};
}

LedgersRevocation::LedgersRevocation(const Ledgers& ledgers) {
  for (const auto& ledger : ledgers) m_sources.emplace_back(*ledger);
}

verify::RevocationAnswer LedgersRevocation::ask(const x509::Certificate& certificate,
                                                const x509::Certificate* issuer) const {
  using verify::RevocationStatus;
  verify::RevocationAnswer answer{RevocationStatus::unknown, std::nullopt};
  for (const LedgerRevocation& source : m_sources) {
    const verify::RevocationAnswer one = source.ask(certificate, issuer);
    if (one.status == RevocationStatus::revoked) return one;
    if (one.status == RevocationStatus::good) answer = one;
  }
  return answer;
}

std::optional<store::RecordedState> LedgersRevocation::find_state(
    const x509::Certificate& certificate) const {
  for (const LedgerRevocation& source : m_sources) {
    if (const auto& state = source.find_state(certificate)) return state;
  }
  return std::nullopt;
}

}  // namespace mtls::cmd
