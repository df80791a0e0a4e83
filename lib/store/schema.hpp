// The tables of a ledger and how they came to be: numbered migrations.
#pragma once

#include "store/db.hpp"
#include "store/record.hpp"

#include <span>

namespace mtls::store {

/// One step from the schema before it. Steps are never changed once released, only added.
struct Migration {
  std::int64_t version;
  std::vector<std::string_view> statements;
  /// What SQL alone cannot do with rows that are there, if anything: run after the statements.
  void (*fill)(Connection&, const Author&) = nullptr;
};

/// The oldest schema that can be read, if not written, without bringing it up to date: what came
/// after it added no column, and one table (k_revocations_schema).
inline constexpr std::int64_t k_oldest_readable_schema = 2;
/// The schema that added the table revocations.
inline constexpr std::int64_t k_revocations_schema = 4;

/// All steps, oldest first; their versions are 1, 2, 3 …
[[nodiscard]] std::span<const Migration> migrations();

/// A table as `store copy` takes it along: all of its columns, and the order that its rows are
/// compared in.
struct Table {
  enum class Kind { integer, text };
  struct Column {
    std::string_view name;
    Kind kind;
  };
  enum class Ids { none, own };  // own: `id` is numbered by the engine
  std::string_view name;
  std::vector<Column> columns;
  std::string_view order;  // unique, and the same in every engine
  Ids ids = Ids::none;
};

/// All tables but meta, those that others refer to first. A table that a migration adds is added
/// here, and a column as well: a test compares.
[[nodiscard]] std::span<const Table> ledger_tables();

/// What a ledger says of itself.
struct Meta {
  std::int64_t schema_version;
  std::string ledger_id;
  std::int64_t brought_from = 0;  // the schema it had until just now (settle_schema); 0: this one
};

/// Reads the one row of meta. Throws DbError: corrupt where there is none.
[[nodiscard]] Meta read_meta(Connection& connection);

/// Makes the tables and meta; within a writing transaction of the caller's, on an empty database.
void create_schema(Connection& connection, std::span<const Migration> steps,
                   const std::string& ledger_id);

/// Brings an older schema up to the last of `steps`, in one transaction. Whoever else does the same
/// at the same time waits and then finds it done. Returns the meta row as it is then; a newer
/// schema is left alone.
/// The logs say who did it.
[[nodiscard]] Meta migrate(Connection& connection, std::span<const Migration> steps,
                           const Author& author);

}  // namespace mtls::store
