// Taking what another tool issued for this CA into its ledger.
#pragma once

#include "authority/ca_directory.hpp"
#include "authority/import_finding.hpp"
#include "base/clock.hpp"
#include "x509/crl_number.hpp"

#include <optional>
#include <vector>

namespace mtls::authority {

/// How many notes a report lists; `found` counts them all.
inline constexpr std::size_t k_import_notes_limit = 1000;

struct ImportReport {
  std::vector<Path> indexes = {};                  // each index of this CA that was read
  std::vector<Path> lists = {};                    // each of its CRLs
  std::optional<x509::CrlNumber> crl_number = {};  // the highest of theirs
  std::int64_t files = 0;                          // that were looked into
  std::int64_t imported = 0;                       // now in the ledger (dry run: would be)
  std::int64_t revoked = 0;                        // of those
  std::int64_t already_there = 0;
  // Serials that are revoked now (dry run: would be), and that no certificate has.
  std::int64_t revoked_without_certificate = 0;
  std::int64_t copies = 0;  // of certificates that were met before
  std::vector<ImportNote> notes = {};
  std::int64_t found = 0;
  bool damaged = false;
};

struct ImportRequest {
  Path path;
  const CaDirectory& ca;
  store::Ledger& ledger;
  store::Author author;
  enum class Trial { no, yes };
  Trial trial = Trial::no;  // look and report, record nothing
};

/// Takes every certificate below `path` that has the name of the CA and was signed with its key
/// into the ledger, as imported and in batches, each of them durable. What any source there says is
/// revoked (an index, a CRL of the CA, a directory `revoked`) is revoked, with a certificate from
/// the first moment, and also where the ledger or nothing has the certificate; the highest number
/// of the CRLs goes into the log. What is not the CA's, what is damaged and what cannot be used is
/// reported and left. Run again, it goes on: what is there is left as it is, but for what is
/// revoked by now. Throws unreadable_file where `path` is not there, and the ledger's errors.
[[nodiscard]] ImportReport import_ca(const ImportRequest& request, const ossl::Context& context);

}  // namespace mtls::authority
