// Rows of the table revocations: serials that are revoked although the ledger has no certificate
// for them. For the ledger's own files.
#pragma once

#include "store/db.hpp"
#include "store/imported.hpp"

#include <functional>

namespace mtls::store {

/// One row.
struct RevocationRow {
  RevokedSerial revoked;  // with the time that was recorded
  std::int64_t entry;     // of the log
};

/// What its entry of the log commits to.
[[nodiscard]] crypto::Sha256 revocation_part(const RevokedSerial& revoked);

inline constexpr std::string_view k_revocation_columns =
    "issuer, serial, not_after, time, reason, invalid_since, entry";
/// Reads the current row of a statement that selected k_revocation_columns. Throws DbError corrupt.
[[nodiscard]] RevocationRow read_revocation(const Statement& statement);

/// The row of a serial; nothing where there is none, or no such table yet (schema 3).
[[nodiscard]] std::optional<RevocationRow> find_revocation_row(Connection& connection,
                                                               IssuerId issuer,
                                                               const x509::SerialNumber& serial);

/// Whether the ledger has the table.
[[nodiscard]] bool has_revocations(Connection& connection);

}  // namespace mtls::store
