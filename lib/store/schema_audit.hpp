// The schema of a ledger as it stands, against the one that the migrations make.
#pragma once

#include "store/audit.hpp"
#include "store/db.hpp"

namespace mtls::store {

/// Finds what is missing of the schema (tables, indexes, constraints), what is defined otherwise,
/// and what others added that can change or refuse rows: triggers, rules, constraints, unique
/// indexes. The triggers of docs/ledger.md belong to it, with the functions that they call as they
/// stand there. Outside of a transaction. A session that may not make temporary tables in its
/// server cannot compare: `schema_compared` says so.
[[nodiscard]] AuditReport audit_schema(Connection& connection);

/// Makes the indexes that are missing or defined otherwise. Outside of a transaction. Throws
/// DbError unique where two rows are what only one may be.
void restore_indexes(Connection& connection);

}  // namespace mtls::store
