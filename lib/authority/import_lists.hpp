// The CRLs below an imported path, and what the CA's own say.
#pragma once

#include "authority/import_evidence.hpp"
#include "authority/import_finding.hpp"
#include "ossl/context.hpp"
#include "x509/certificate.hpp"
#include "x509/crl_entries.hpp"

#include <set>
#include <vector>

namespace mtls::authority {

/// Judges each CRL: one counts if it has the CA's name and its key signed it, whatever its version,
/// its dates and its algorithm. All that one lists is revoked, but removeFromCRL in a delta CRL,
/// and what an indirect CRL lists for other CAs.
class ImportLists final {
 public:
  /// The highest number among those that count, and the CRL that has it.
  struct Highest {
    x509::CrlNumber number;
    crypto::Sha256 fingerprint;
  };

  ImportLists(const x509::Certificate& ca, const ossl::Context& context, UnixTime now,
              TakeNote take_note)
      : m_ca(ca), m_context(context), m_now(now), m_note(std::move(take_note)) {}

  void take(const x509::CertificateList& list, const Path& file, ImportEvidence& evidence);
  /// The files of those that count.
  [[nodiscard]] const std::vector<Path>& files() const noexcept { return m_files; }
  [[nodiscard]] const std::optional<Highest>& highest() const noexcept { return m_highest; }

 private:
  void note(ImportFinding finding, const Path& file, std::string message);
  [[nodiscard]] bool is_ours(const x509::CertificateList& list, const Path& file);
  void take_entries(const x509::CertificateList& list, const Path& file, ImportEvidence& evidence);
  void take_number(const x509::CertificateList& list, const Path& file);

  const x509::Certificate& m_ca;
  const ossl::Context& m_context;
  UnixTime m_now;
  TakeNote m_note;
  std::set<crypto::Sha256> m_seen;
  std::vector<Path> m_files;
  std::optional<Highest> m_highest;
};

}  // namespace mtls::authority
