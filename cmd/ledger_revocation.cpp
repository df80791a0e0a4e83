#include "cmd/ledger_revocation.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

using verify::RevocationStatus;

verify::RecordedAs recorded_as(store::Recorded recorded) noexcept {
  switch (recorded) {
    case store::Recorded::yes:
      return verify::RecordedAs::itself;
    case store::Recorded::other_signature:
      return verify::RecordedAs::another_signature;
    case store::Recorded::other_tbs:
      return verify::RecordedAs::another_certificate;
    case store::Recorded::no:
      break;
  }
  return verify::RecordedAs::unknown;
}

}  // namespace

verify::RevocationAnswer LedgerRevocation::ask(const x509::Certificate& certificate,
                                               const x509::Certificate* issuer) const {
  const auto& known = status(certificate, issuer);
  if (!known) return {.status = RevocationStatus::unknown, .revoked_at = std::nullopt};
  verify::RevocationAnswer answer{.status = RevocationStatus::unknown,
                                  .revoked_at = std::nullopt,
                                  .recorded = recorded_as(known->recorded)};
  if (known->revocation) {
    answer.status = RevocationStatus::revoked;
    answer.revoked_at = known->revocation->time;
    answer.reason = known->revocation->reason;
  } else if (known->recorded == store::Recorded::yes && known->state == store::State::issued) {
    answer.status = RevocationStatus::good;
  }
  return answer;
}

const std::optional<store::CertificateStatus>& LedgerRevocation::status(
    const x509::Certificate& certificate, const x509::Certificate* issuer) const {
  const Question question{certificate.fingerprint(),
                          issuer != nullptr ? issuer->fingerprint() : crypto::Sha256{}};
  const auto known = m_answers.find(question);
  if (known != m_answers.end()) return known->second;
  // Only an answer is remembered: a question that failed does not mean "not recorded".
  return m_answers.emplace(question, m_ledger.status(certificate, issuer)).first->second;
}

LedgersRevocation::LedgersRevocation(const Ledgers& ledgers) {
  for (const auto& ledger : ledgers) m_sources.emplace_back(*ledger);
}

verify::RevocationAnswer LedgersRevocation::ask(const x509::Certificate& certificate,
                                                const x509::Certificate* issuer) const {
  verify::RevocationAnswer answer{.status = RevocationStatus::unknown, .revoked_at = std::nullopt};
  for (const LedgerRevocation& source : m_sources) {
    const verify::RevocationAnswer one = source.ask(certificate, issuer);
    answer.recorded = std::max(answer.recorded, one.recorded);
    if (one.status == RevocationStatus::unknown) continue;
    answer.status = one.status;
    answer.revoked_at = one.revoked_at;
    answer.reason = one.reason;
    if (one.status == RevocationStatus::revoked) break;
  }
  return answer;
}

std::optional<store::CertificateStatus> LedgersRevocation::status(
    const x509::Certificate& certificate, const x509::Certificate* issuer) const {
  std::optional<store::CertificateStatus> together;
  for (const LedgerRevocation& source : m_sources) {
    const auto& one = source.status(certificate, issuer);
    if (!one) continue;
    if (one->revocation) return one;
    if (!together || one->recorded > together->recorded) together = one;
  }
  return together;
}

}  // namespace mtls::cmd
