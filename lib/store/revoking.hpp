// Revoking every row of a serial; for the ledger's own files.
#pragma once

#include "store/chain.hpp"
#include "store/imported.hpp"
#include "store/revocation_row.hpp"

namespace mtls::store {

/// The time that is recorded for a revocation: another machine's clock may be ahead.
[[nodiscard]] UnixTime revocation_time(const Imported::Revocation& revocation,
                                       const Author& author);

/// The entry that says that a row is revoked, as it is now.
[[nodiscard]] LogSubject revocation_entry(const Record& row);

/// What revoking a serial would do.
[[nodiscard]] RevokedOutcome would_revoke(Connection& connection, IssuerId issuer,
                                          const x509::SerialNumber& serial);

/// Revokes each row of the serial that is not revoked, with an entry each, within the caller's
/// transaction and chain.
void revoke_rows(Connection& connection, ChainWriter& chain, IssuerId issuer,
                 const x509::SerialNumber& serial, const Imported::Revocation& revocation,
                 const Author& author);

}  // namespace mtls::store
