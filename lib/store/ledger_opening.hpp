// How a ledger's database is made, opened and recognised; for lib/store only. All throw DbError and
// Error.
#pragma once

#include "store/db_failure.hpp"
#include "store/ledger.hpp"
#include "store/schema.hpp"

namespace mtls::store {

[[nodiscard]] LedgerName name_of(const LedgerLocation& location);

/// would_overwrite: "NAME is a database of something else and is not overwritten".
[[nodiscard]] Error occupied(const LedgerName& name, std::string_view what);
/// The same of a ledger that is not the one that is being made.
[[nodiscard]] Error occupied_by_ledger(const LedgerName& name);

/// Throws would_overwrite where anything but an empty file or database stands; only looks.
void require_free_file(const LedgerName& name);

/// Makes the tables where there are none at all.
void make_tables_once(Connection& connection, const std::string& ledger_id);

/// Makes a ledger with `ledger_id` where nothing stands, or opens what stands there; anything that
/// is no ledger is left alone: would_overwrite.
[[nodiscard]] std::unique_ptr<Connection> open_or_make(const LedgerLocation& location,
                                                       const std::string& ledger_id);

/// Opens the database of an existing one. One that is empty is lost: ledger_unavailable.
[[nodiscard]] std::unique_ptr<Connection> open_existing(const LedgerLocation& location,
                                                        LedgerAccess access);

/// Reads meta; where there is none, says what the database is instead of "damaged".
[[nodiscard]] Meta read_ledger_meta(Connection& connection, const LedgerName& name);

/// Throws ledger_mismatch where this program cannot work with the schema. For reading an older one
/// may do.
void require_known_schema(const Meta& meta, const LedgerName& name, LedgerAccess access);

/// Reads meta of a ledger that is to be read, under the same condition.
[[nodiscard]] Meta read_current_meta(Connection& connection, const LedgerName& name);

/// Reads meta of a ledger that is to be written, and brings an older schema up to date: a file's. A
/// database that several machines share is brought up when all of them are ready (migrate_ledger).
/// Throws ledger_mismatch where this program cannot work with it, and DbError other where it has to
/// be brought up to date and nobody is named who does it: the log says who.
[[nodiscard]] Meta settle_schema(Connection& connection, const LedgerName& name,
                                 const std::optional<Author>& author);

}  // namespace mtls::store
