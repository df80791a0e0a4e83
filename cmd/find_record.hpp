// One certificate of a ledger, by whatever a person has of it.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/ca_options.hpp"
#include "store/status_reader.hpp"

#include <string>

namespace mtls::cmd {

/// Returns the id that the ledger has this CA under; where it has issued nothing yet, one that no
/// record bears.
[[nodiscard]] store::IssuerId issuer_of(const store::Ledger& ledger,
                                        const authority::CaDirectory& ca);

/// Where a certificate is searched, and as of when its status is.
struct RecordSearch {
  const store::Ledger& ledger;
  store::IssuerId issuer;
  std::string where;  // names the ledger in messages
  UnixTime at;
};

struct FoundRecord {
  store::CurrentRecord current;
  /// How many other certificates have the same subject.
  std::size_t others = 0;
};

/// Returns the record that `selector` names: a serial in hex, a SHA-256 fingerprint (64 hex digits,
/// with or without colons), or a subject: exactly, else as a part of subject or SANs. Of several
/// with one subject it is the current one: valid, not renewed, the newest. Throws not_found, and
/// ambiguous where several subjects match (the hint lists the serials).
[[nodiscard]] FoundRecord find_record(const RecordSearch& search, const std::string& selector);

/// Says how many others have the subject of what was found, and how to list them.
void tell_others(const FoundRecord& found, const CaOptions& ca, const Session& session);

/// Returns `text` as it stands in a recorded subject: octets beyond ASCII as RFC 4514's \HH pairs.
[[nodiscard]] std::string subject_search(std::string_view text);

}  // namespace mtls::cmd
