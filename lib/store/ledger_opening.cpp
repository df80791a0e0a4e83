#include "store/ledger_opening.hpp"

#include "base/format.hpp"
#include "store/commit.hpp"

#include <algorithm>

namespace mtls::store {
namespace {

bool has_meta(Connection& connection) {
  const auto tables = connection.tables();
  return std::find(tables.begin(), tables.end(), "meta") != tables.end();
}

enum class Found { nothing, ledger };

/// Throws would_overwrite where the name is taken by anything but an empty file or a ledger. Done
/// before the file is opened for writing, which would change a database of somebody else's.
Found refuse_foreign_file(const LedgerName& name) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(name.file, error);
  if (!std::filesystem::exists(status)) return Found::nothing;
  if (!std::filesystem::is_regular_file(status)) throw occupied(name, "is not a regular file");
  if (std::filesystem::file_size(name.file, error) == 0) return Found::nothing;
  try {
    const auto connection = open_sqlite(name.file, OpenMode::read_only, name.lock_timeout);
    if (connection->tables().empty()) return Found::nothing;
    if (!has_meta(*connection)) throw occupied(name, "is a database of something else");
    return Found::ledger;
  } catch (const DbError& failure) {
    if (failure.code() == DbErrc::corrupt) throw occupied(name, "is no database");
    throw;
  }
}

Error lost(const LedgerName& name) {
  return {Errc::ledger_unavailable,
          format("the ledger {} is empty: what it recorded is lost", name.shown()),
          "restore it from a backup; it is never made anew for a CA that has issued. Without one, "
          "docs/ledger.md (\"When there is no sound backup\") begins a new one"};
}

/// An empty file is left as it is: the engine would write its own header into it.
void require_content(const LedgerName& name) {
  std::error_code error;
  const auto size = std::filesystem::file_size(name.file, error);
  if (!error && size == 0) throw lost(name);
}

/// A database without meta: says what it is instead of "damaged".
[[noreturn]] void explain_missing_meta(Connection& connection, const LedgerName& name) {
  if (connection.tables().empty()) throw lost(name);
  throw Error(Errc::ledger_mismatch,
              format("{} is a database, but no ledger of mtlsctl", name.shown()),
              "look at 'store' in ca.toml");
}

}  // namespace

LedgerName name_of(const LedgerLocation& location) {
  return {.file = location.file, .lock_timeout = location.lock_timeout, .server = location.server};
}

Error occupied(const LedgerName& name, std::string_view what) {
  return {
      Errc::would_overwrite, format("{} {} and is not overwritten", name.shown(), what),
      name.server ? "choose another database" : "choose another directory, or move that file away"};
}

Error occupied_by_ledger(const LedgerName& name) {
  if (name.server) return occupied(name, "holds another ledger");
  return {Errc::would_overwrite,
          format("{} is the ledger of another CA and is not overwritten", name.shown()),
          "name another file with --store: a file holds the ledger of one CA. Several CAs share a "
          "database of PostgreSQL: --store postgresql://…"};
}

void require_free_file(const LedgerName& name) {
  if (refuse_foreign_file(name) == Found::ledger) throw occupied_by_ledger(name);
}

std::unique_ptr<Connection> open_connection(const LedgerLocation& location, OpenMode mode) {
  if (location.server) return open_postgresql(*location.server, mode, location.lock_timeout);
  if (mode == OpenMode::read_only && location.now) {
    return read_sqlite(location.file, *location.now, location.lock_timeout);
  }
  return open_sqlite(location.file, mode, location.lock_timeout);
}

void make_tables_once(Connection& connection, const std::string& ledger_id) {
  Transaction transaction(connection, Transaction::Kind::exclusive);
  if (!connection.tables().empty()) return;  // somebody's: looked at by the caller
  create_schema(connection, migrations(), ledger_id);
  commit_or_look_up(connection, transaction, Transaction::Kind::exclusive, [&] {
    return has_meta(connection) && read_meta(connection).ledger_id == ledger_id;
  });
}

std::unique_ptr<Connection> open_or_make(const LedgerLocation& location,
                                         const std::string& ledger_id) {
  const LedgerName name = name_of(location);
  if (!location.server) static_cast<void>(refuse_foreign_file(name));
  auto connection = open_connection(location, OpenMode::create);
  make_tables_once(*connection, ledger_id);
  if (!has_meta(*connection)) throw occupied(name, "is a database of something else");
  return connection;
}

std::unique_ptr<Connection> open_existing(const LedgerLocation& location, LedgerAccess access) {
  if (!location.server) require_content(name_of(location));
  const bool writes = access == LedgerAccess::read_write;
  return open_connection(location, writes ? OpenMode::read_write : OpenMode::read_only);
}

Meta read_ledger_meta(Connection& connection, const LedgerName& name) {
  try {
    return read_meta(connection);
  } catch (const DbError& failure) {
    // Looked for only now: an ordinary start asks the one question that it needs.
    if (failure.code() != DbErrc::corrupt || has_meta(connection)) throw;
    explain_missing_meta(connection, name);
  }
}

void require_known_schema(const Meta& meta, const LedgerName& name, LedgerAccess access) {
  const std::int64_t known = migrations().back().version;
  if (meta.schema_version > known) {
    throw Error(Errc::ledger_mismatch,
                format("the ledger {} was written by a newer mtlsctl (schema {}, known here: {})",
                       name.shown(), meta.schema_version, known),
                "use that mtlsctl, or a newer one");
  }
  const bool readable =
      access == LedgerAccess::read_only && meta.schema_version >= k_oldest_readable_schema;
  if (meta.schema_version < known && !readable) {
    throw Error(Errc::ledger_mismatch,
                format("the ledger {} was written by an older mtlsctl (schema {}, needed here: {})",
                       name.shown(), meta.schema_version, known),
                name.server ? "'mtlsctl store migrate' brings it up to date; older ones cannot "
                              "use it then"
                            : "any command that writes to it brings it up to date");
  }
}

Meta read_current_meta(Connection& connection, const LedgerName& name) {
  Meta meta = read_ledger_meta(connection, name);
  require_known_schema(meta, name, LedgerAccess::read_only);
  return meta;
}

Meta settle_schema(Connection& connection, const LedgerName& name,
                   const std::optional<Author>& author) {
  Meta meta = read_ledger_meta(connection, name);
  // A database that several machines share is brought up when all of them are ready (`migrate`).
  if (meta.schema_version < migrations().back().version && !name.server) {
    if (!author) throw DbError(DbErrc::other, "nobody is named who brings its schema up to date");
    const std::int64_t before = meta.schema_version;
    meta = migrate(connection, migrations(), *author);
    meta.brought_from = before;
  }
  require_known_schema(meta, name, LedgerAccess::read_write);
  return meta;
}

}  // namespace mtls::store
