// The verification of one issuer's log against itself and against the tables.
#pragma once

#include "store/audit.hpp"
#include "store/db.hpp"

namespace mtls::store {

/// See Ledger::verify_log; within a reading transaction of the caller's.
[[nodiscard]] AuditReport audit_log(Connection& connection, IssuerId issuer);

/// Calls `row` for each row of an issuer's certificates, in the order of their ids. A row that
/// cannot be read is a finding instead.
void for_each_row(Connection& connection, IssuerId issuer, AuditReport& report,
                  const std::function<void(const Record&)>& row);

}  // namespace mtls::store
