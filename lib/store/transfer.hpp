// Ledgers as a whole: bringing a schema up to date, moving from one engine to the other.
#pragma once

#include "store/ledger.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mtls::store {

struct Migrated {
  std::optional<std::int64_t> from;  // none: the tables were made
  std::int64_t to;
  std::string ledger_id;
};

enum class Trial { no, yes };

/// Brings the schema of a ledger up to date, whatever its id. An empty database of PostgreSQL's
/// gets the tables of an empty ledger, so that its administrator can make them and grant no more
/// than rows; a file that is not there or is empty does not. The logs say that it was `author`, at
/// the server's time where there is one. Throws as Ledger::open; ledger_mismatch for a newer
/// schema. A trial changes nothing.
[[nodiscard]] Migrated migrate_ledger(const LedgerLocation& location, const Author& author,
                                      Trial trial);

struct Copied {
  std::string ledger_id;
  struct Rows {
    std::string table;
    std::int64_t count;
  };
  std::vector<Rows> rows;
};

/// Copies a ledger into another place, of either engine: all or nothing, in one transaction there
/// and from one snapshot here, each row read back and compared before it is committed. The copy has
/// the same id. A file is made beside its name and gets that last: one that failed leaves nothing
/// behind. Throws would_overwrite where `to` is a file that is there, or a database that holds a
/// ledger: an empty one too, unless it is what a copy of this very ledger left that was cut short;
/// ledger_mismatch where `from` has an older or newer schema, ledger_damaged where the copy
/// differs.
[[nodiscard]] Copied copy_ledger(const LedgerLocation& from, const LedgerLocation& to);

}  // namespace mtls::store
