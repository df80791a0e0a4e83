// What an import found that a person should know.
#pragma once

#include "authority/import_files.hpp"
#include "x509/serial_number.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mtls::authority {

enum class ImportFinding {
  unreadable,                   // a file, or a part of the tree, that cannot be read or parsed
  empty,                        // a file of 0 octets
  link,                         // a symbolic link that leads out of what was named
  unused,                       // it holds certificates or revocations in a form that is not read
  other_issuer,                 // a certificate or CRL of another CA, by its name
  bad_signature,                // it has the CA's name, and the CA's key did not sign it
  undetermined_signature,       // an algorithm that cannot be verified, and nothing else ties it
  unstorable,                   // the ledger cannot hold it
  outdated_signature,           // taken; its signature is by an algorithm that is not accepted
  unverified_signature,         // taken for its name and key identifier alone
  index_line,                   // a line of an index that is cut short, cannot be read, or
                                // contradicts itself
  index_not_attributable,       // a row that may be another CA's: not used
  row_without_certificate,      // an index has a serial that no file has
  not_in_index,                 // taken; no index knows its serial
  partial_crl,                  // a CRL that does not list all that the CA revoked; used
  crl_number,                   // a CRL's number that is none: it does not count for ours
  revoked_by_place,             // taken as revoked for its directory; nothing else says so
  revoked_in_log,               // taken as revoked: the log revokes it, in a row that was lost
  revoked_since,                // the ledger had it as valid: revoked from here on
  revoked_without_certificate,  // only an index or a CRL has the serial: recorded as revoked
  repeated_serial,              // several certificates with one serial; all are kept
  signature_not_recorded,       // a certificate that is recorded, with another signature
};
[[nodiscard]] std::string_view name(ImportFinding finding) noexcept;
/// Whether something was left out or is damaged; the rest is for information.
[[nodiscard]] bool is_damage(ImportFinding finding) noexcept;

struct ImportNote {
  ImportFinding finding;
  std::optional<Path> file = {};
  std::optional<std::size_t> line = {};  // of an index
  std::optional<x509::SerialNumber> serial = {};
  std::string message;  // safe to show
};
[[nodiscard]] ImportNote to_note(const PassedOver& one);
using TakeNote = std::function<void(ImportNote)>;

}  // namespace mtls::authority
