// What migrations write into the logs.
#pragma once

#include "store/db.hpp"
#include "store/record.hpp"

namespace mtls::store {

/// Gives every issuer a log that commits to what stands in the tables: a migration entry, its CA
/// certificates, all intents as one batch, all certificates as another, and one entry for each row
/// that stands otherwise. Within the migration's transaction. What was changed before it nobody can
/// tell any more: the log proves the ledger from here on.
void fill_logs(Connection& connection, const Author& author);

/// The step from schema 2, whose entries do not say which of several imported rows of one serial
/// they revoke, to 3: a migration entry for every issuer that commits once more to where each
/// imported row stands.
void commit_to_imported_standing(Connection& connection, const Author& author);

/// The step from schema 3 to 4, which adds an empty table: a migration entry for every issuer says
/// who did it.
void note_revocations_table(Connection& connection, const Author& author);

}  // namespace mtls::store
