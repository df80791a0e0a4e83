// One certificate of a ledger, by whatever a person has of it.
#pragma once

#include "authority/ca_directory.hpp"

#include <string>

namespace mtls::cmd {

/// Returns the id that the ledger has this CA under; where it has issued nothing yet, one that no
/// record bears.
[[nodiscard]] store::IssuerId issuer_of(const store::Ledger& ledger,
                                        const authority::CaDirectory& ca);

/// Returns the record of `issuer`, with its status (Ledger::with_status), that `selector` names: a
/// serial in hex, a SHA-256 fingerprint (64 hex digits, with or without colons), or a subject:
/// exactly, else as a part of subject or SANs. `where` names the ledger in messages. Throws
/// not_found, ambiguous (the hint lists the serials).
[[nodiscard]] store::Record find_record(const store::Ledger& ledger, store::IssuerId issuer,
                                        const std::string& selector, std::string_view where);

/// Returns `text` as it stands in a recorded subject: octets beyond ASCII as RFC 4514's \HH pairs.
[[nodiscard]] std::string subject_search(std::string_view text);

}  // namespace mtls::cmd
