// Recording what an import found of revocations, beyond the certificates that it takes.
#pragma once

#include "authority/import_ca.hpp"
#include "authority/import_evidence.hpp"
#include "authority/import_lists.hpp"

#include <map>
#include <set>
#include <vector>

namespace mtls::authority {

/// How many certificates of the import have each serial.
using ImportedSerials = std::map<x509::SerialNumber, std::int64_t>;

/// For one import; keeps references to all that it is given. In a dry run it reports what would be
/// recorded.
class RevocationRecorder final {
 public:
  RevocationRecorder(const ImportRequest& request, const std::optional<store::IssuerId>& issuer,
                     const ImportEvidence& evidence, ImportReport& report, TakeNote take_note)
      : m_request(request),
        m_issuer(issuer),
        m_evidence(evidence),
        m_report(report),
        m_note(std::move(take_note)) {}

  /// Records each serial that is revoked, after the certificates: the ledger may have others with
  /// it, or none.
  void record(const ImportedSerials& serials);
  void record_number(const ImportLists::Highest& highest);
  /// Reports rows of indexes without a certificate, in a file or in the ledger.
  void look_for_missing(const ImportedSerials& serials);
  /// Reports, once, that the ledger had a serial as valid.
  void tell_revoked_since(const x509::SerialNumber& serial);

 private:
  [[nodiscard]] bool is_trial() const { return m_request.trial == ImportRequest::Trial::yes; }
  void record_batch(const std::vector<store::RevokedSerial>& batch, const ImportedSerials& serials);
  [[nodiscard]] store::RevokedOutcome rehearse(const x509::SerialNumber& serial,
                                               const ImportedSerials& serials) const;
  void take_outcome(store::RevokedOutcome outcome, const x509::SerialNumber& serial);

  const ImportRequest& m_request;
  const std::optional<store::IssuerId>& m_issuer;
  const ImportEvidence& m_evidence;
  ImportReport& m_report;
  TakeNote m_note;
  std::set<x509::SerialNumber> m_told;
};

}  // namespace mtls::authority
