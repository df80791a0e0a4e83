// The check of each row on its own: what it says against the certificate that it holds.
#pragma once

#include "ossl/context.hpp"
#include "store/audit.hpp"
#include "store/db.hpp"

namespace mtls::store {

/// See Ledger::check_rows; within a reading transaction of the caller's.
[[nodiscard]] AuditReport audit_rows(Connection& connection, const ossl::Context& context);

}  // namespace mtls::store
