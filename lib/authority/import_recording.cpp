#include "authority/import_recording.hpp"

namespace mtls::authority {
namespace {

constexpr std::size_t k_batch = 500;

}  // namespace

void RevocationRecorder::tell_revoked_since(const x509::SerialNumber& serial) {
  if (!m_told.insert(serial).second) return;
  const SerialEvidence* const evidence = m_evidence.find(serial);
  m_note({.finding = ImportFinding::revoked_since,
          .file = evidence != nullptr ? std::optional(evidence->file) : std::nullopt,
          .line = evidence != nullptr ? evidence->line : std::nullopt,
          .serial = serial,
          .message = "the ledger had it as valid: it is revoked from now on"});
}

void RevocationRecorder::record(const ImportedSerials& serials) {
  std::vector<store::RevokedSerial> batch;
  for (const auto& [serial, evidence] : m_evidence.all()) {
    if (!evidence.revocation) continue;
    batch.push_back({.issuer = m_issuer.value_or(store::IssuerId{}),
                     .serial = serial,
                     .not_after = evidence.not_after,
                     .revocation = *evidence.revocation});
    if (batch.size() < k_batch) continue;
    record_batch(batch, serials);
    batch.clear();
  }
  record_batch(batch, serials);
}

void RevocationRecorder::record_batch(const std::vector<store::RevokedSerial>& batch,
                                      const ImportedSerials& serials) {
  if (batch.empty()) return;
  std::vector<store::RevokedOutcome> outcomes;
  if (is_trial()) {
    for (const store::RevokedSerial& one : batch) {
      outcomes.push_back(rehearse(one.serial, serials));
    }
  } else {
    outcomes = m_request.ledger.record_revoked(batch, m_request.author);
  }
  for (std::size_t i = 0; i < batch.size(); ++i) take_outcome(outcomes[i], batch[i].serial);
}

store::RevokedOutcome RevocationRecorder::rehearse(const x509::SerialNumber& serial,
                                                   const ImportedSerials& serials) const {
  const auto became =
      m_issuer ? m_request.ledger.would_revoke(*m_issuer, serial) : store::RevokedOutcome::recorded;
  // A certificate of this import would be there by then, as revoked.
  const bool is_new = became == store::RevokedOutcome::recorded && serials.contains(serial);
  return is_new ? store::RevokedOutcome::already_revoked : became;
}

void RevocationRecorder::take_outcome(store::RevokedOutcome outcome,
                                      const x509::SerialNumber& serial) {
  if (outcome == store::RevokedOutcome::now_revoked) tell_revoked_since(serial);
  if (outcome != store::RevokedOutcome::recorded) return;
  ++m_report.revoked_without_certificate;
  const SerialEvidence& evidence = *m_evidence.find(serial);
  if (evidence.in_index) return;  // look_for_missing reports it
  m_note(
      {.finding = ImportFinding::revoked_without_certificate,
       .file = evidence.file,
       .serial = serial,
       .message = "no file has a certificate with this serial: recorded as revoked without one"});
}

void RevocationRecorder::record_number(const ImportLists::Highest& highest) {
  if (is_trial()) return;
  m_request.ledger.record_crl_number(m_issuer.value(), highest.number, highest.fingerprint,
                                     m_request.author);
}

void RevocationRecorder::look_for_missing(const ImportedSerials& serials) {
  for (const auto& [serial, evidence] : m_evidence.all()) {
    if (!evidence.in_index || serials.contains(serial)) continue;
    if (m_issuer && m_request.ledger.find(*m_issuer, serial)) continue;
    m_note({.finding = ImportFinding::row_without_certificate,
            .file = evidence.file,
            .line = evidence.line,
            .serial = serial,
            .message = evidence.revocation
                           ? "no file has a certificate with this serial: it is recorded as "
                             "revoked without one"
                           : "no certificate with this serial is there to be imported"});
  }
}

}  // namespace mtls::authority
