// Taking what another tool issued for this CA into its ledger.
#pragma once

#include "authority/ca_directory.hpp"
#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::authority {

/// What an import met that a person should know.
enum class ImportFinding {
  unreadable,               // a file, or a part of the tree, that cannot be read or parsed
  empty,                    // a file of 0 octets
  link,                     // a symbolic link that leads out of what was named
  other_issuer,             // a certificate of another CA, by its name
  bad_signature,            // it bears the CA's name, and its key did not sign it
  undetermined_signature,   // an algorithm that cannot be verified, and nothing else ties it
  unstorable,               // the ledger cannot hold it
  outdated_signature,       // taken; its signature is by an algorithm that is not accepted
  unverified_signature,     // taken for its name and key identifier alone
  index_line,               // a line of index.txt that is cut short or holds what it cannot
  row_without_certificate,  // index.txt knows a serial that no file has
  not_in_index,             // taken; index.txt does not know its serial
  revoked_by_place,         // taken as revoked for where it stands; index.txt does not say so
  revoked_in_log,           // taken as revoked: the ledger's log revokes it, in a row that was lost
  revoked_since,            // the ledger had it as valid: revoked from here on, as index.txt says
  repeated_serial,          // several certificates with one serial; all are kept
  signature_not_recorded,   // a certificate that is recorded, with another signature
};
[[nodiscard]] std::string_view name(ImportFinding finding) noexcept;
/// Whether something was left out or is damaged; the rest is for information.
[[nodiscard]] bool is_damage(ImportFinding finding) noexcept;

struct ImportNote {
  ImportFinding finding;
  std::optional<Path> file = {};
  std::optional<std::size_t> line = {};  // of index.txt
  std::optional<x509::SerialNumber> serial = {};
  std::string message;  // safe to show
};

/// How many notes a report lists; `found` counts them all.
inline constexpr std::size_t k_import_notes_limit = 1000;

struct ImportReport {
  std::vector<Path> indexes = {};  // each index.txt of this CA that was read
  std::int64_t files = 0;          // that were looked into
  std::int64_t imported = 0;       // now in the ledger (dry run: would be)
  std::int64_t revoked = 0;        // of those
  std::int64_t already_there = 0;
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

/// Takes every certificate below `path` that bears the name of the CA and was signed with its key
/// into the ledger, as imported and in batches, each of them durable; those that an index.txt says
/// are revoked as revoked. An index of another CA, to judge by the certificates that it knows, does
/// not count. What is not the CA's, and what is damaged, is reported and left. Run again,
/// it goes on: what is there is left as it stands, but for what is revoked by now. Throws
/// unreadable_file where `path` is not there, and the ledger's errors.
[[nodiscard]] ImportReport import_ca(const ImportRequest& request, const ossl::Context& context);

}  // namespace mtls::authority
