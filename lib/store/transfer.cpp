#include "store/transfer.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/stale_databases.hpp"
#include "store/ledger_opening.hpp"
#include "store/record_row.hpp"
#include "store/server_clock.hpp"

#include <memory>
#include <utility>
#include <variant>

namespace mtls::store {
namespace {

using Cell = std::variant<std::monostate, std::int64_t, std::string>;
using Row = std::vector<Cell>;

std::string column_list(const Table& table, std::string_view prefix) {
  std::string list;
  for (const Table::Column& column : table.columns) {
    list += format("{}{}{}", list.empty() ? "" : ", ", prefix, column.name);
  }
  return list;
}

/// The rows of one table, one after the other; failures are told under its ledger's name.
class Rows final {
 public:
  Rows(Connection& connection, const LedgerName& name, const Table& table)
      : m_name(name), m_table(table) {
    m_statement = with_ledger_errors(name, [&] {
      return connection.prepare(
          format("SELECT {} FROM {} ORDER BY {}", column_list(table, ""), table.name, table.order));
    });
  }

  std::optional<Row> next() {
    return with_ledger_errors(m_name, [&]() -> std::optional<Row> {
      if (!m_statement->step()) return std::nullopt;
      Row row;
      row.reserve(m_table.columns.size());
      for (const Table::Column& column : m_table.columns) {
        const int at = static_cast<int>(row.size());
        if (m_statement->is_null(at)) {
          row.emplace_back();
        } else if (column.kind == Table::Kind::integer) {
          row.emplace_back(m_statement->integer(at));
        } else {
          row.emplace_back(read_text(at));
        }
      }
      return row;
    });
  }

 private:
  /// Only SQLite gives back what no engine takes.
  [[nodiscard]] std::string read_text(int at) const {
    std::string text = m_statement->text(at);
    if (is_storable(text)) return text;
    throw DbError(DbErrc::corrupt,
                  format("a text in column {} of {} holds a NUL or is not UTF-8",
                         m_table.columns[static_cast<std::size_t>(at)].name, m_table.name));
  }

  const LedgerName& m_name;
  const Table& m_table;
  std::unique_ptr<Statement> m_statement;
};

void bind_row(Statement& statement, const Table& table, const Row& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string_view name = table.columns[i].name;
    if (const auto* const number = std::get_if<std::int64_t>(&row[i])) {
      statement.bind(name, *number);
    } else if (const auto* const text = std::get_if<std::string>(&row[i])) {
      statement.bind(name, std::string_view(*text));
    } else {
      statement.bind_null(name);
    }
  }
}

/// A ledger that is read from, or the one that is written.
struct Side {
  LedgerName name;
  std::unique_ptr<Connection> connection;
};

std::int64_t copy_table(const Side& from, const Side& to, const Table& table) {
  constexpr std::size_t k_batch = 1024;
  Rows source(*from.connection, from.name, table);
  const auto insertion =
      to.connection->prepare(format("INSERT INTO {} ({}) VALUES ({})", table.name,
                                    column_list(table, ""), column_list(table, ":")));
  std::int64_t count = 0;
  for (bool more = true; more;) {
    std::vector<Row> batch;
    while (more && batch.size() < k_batch) {
      auto row = source.next();
      more = row.has_value();
      if (row) batch.push_back(std::move(*row));
    }
    const auto inserted = insertion->run_all(
        batch.size(),
        [&](Statement& statement, std::size_t row) { bind_row(statement, table, batch[row]); });
    for (const std::int64_t one : inserted) require_changed(one, 1);
    count += static_cast<std::int64_t>(batch.size());
  }
  if (table.ids == Table::Ids::own) to.connection->advance_ids(table.name);
  return count;
}

void compare_table(const Side& from, const Side& to, const Table& table) {
  Rows source(*from.connection, from.name, table);
  Rows copy(*to.connection, to.name, table);
  for (std::int64_t at = 1;; ++at) {
    const auto wanted = source.next();
    const auto got = copy.next();
    if (wanted != got) {
      throw Error(Errc::ledger_damaged,
                  format("the copy in {} differs from {} in row {} of {}; it was not kept",
                         to.name.shown(), from.name.shown(), at, table.name),
                  "check the disks of both, and run the same command again");
    }
    if (!wanted) return;
  }
}

bool is_empty(Connection& connection) {
  for (const Table& table : ledger_tables()) {
    if (connection.prepare(format("SELECT 1 FROM {} LIMIT 1", table.name))->step()) return false;
  }
  return true;
}

/// The tables must be this copy's own: just made, or by a run of it that was cut short. A ledger of
/// another id is another CA's, also while it is empty: that CA may be in the making.
void require_own_tables(const Side& to, const Meta& source) {
  const Meta meta = read_ledger_meta(*to.connection, to.name);
  if (meta.ledger_id != source.ledger_id || meta.schema_version != source.schema_version) {
    throw occupied_by_ledger(to.name);
  }
  if (!is_empty(*to.connection)) throw occupied(to.name, "holds this ledger already");
}

/// A file that is written beside its name and gets that when the copy is whole: a copy that failed
/// leaves nothing behind.
class NewFile final {
 public:
  explicit NewFile(const LedgerLocation& to)
      : m_to(to),
        m_directory(open_directory(to)),
        m_pending(std::make_unique<PendingFile>(cleared(to), to.file.filename().native(),
                                                Access::secret)) {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    for (const std::string& name : beside()) {
      std::error_code ignored;
      std::filesystem::remove(m_directory.path() / name, ignored);
    }
  }

  /// Where it is filled.
  [[nodiscard]] LedgerLocation location() const {
    LedgerLocation location = m_to;
    location.file = m_directory.path() / m_pending->temporary();
    return location;
  }

  /// To be called when its connection is closed: SQLite has then moved everything into it, and
  /// where that failed its log still stands.
  void publish() {
    for (const std::string& name : beside()) {
      if (!m_directory.contains(name)) continue;
      throw Error(Errc::io, format("cannot write {}: SQLite could not bring it to the disk",
                                   printable(m_to.file.native())));
    }
    m_pending->sync();
    m_pending->publish(Overwrite::no);
    m_directory.sync();
  }

 private:
  static Directory open_directory(const LedgerLocation& to) {
    const Path folder = to.file.parent_path();
    return with_context(format("cannot write {}", printable(to.file.native())),
                        [&folder] { return Directory::open(folder.empty() ? "." : folder); });
  }
  /// The directory, once it is certain that the name is free.
  [[nodiscard]] const Directory& cleared(const LedgerLocation& to) const {
    if (name_exists(to.file)) {
      throw Error(Errc::would_overwrite,
                  format("{} exists and is not overwritten", printable(to.file.native())),
                  "choose another name");
    }
    m_directory.remove_stale(to.file.filename().native());
    remove_stale_databases(m_directory);
    return m_directory;
  }
  [[nodiscard]] std::vector<std::string> beside() const {
    std::vector<std::string> names;
    names.reserve(k_database_suffixes.size());
    for (const char* suffix : k_database_suffixes) names.push_back(m_pending->temporary() + suffix);
    return names;
  }

  const LedgerLocation& m_to;
  Directory m_directory;
  std::unique_ptr<PendingFile> m_pending;
};

Meta require_current(const Side& side) {
  const std::int64_t known = migrations().back().version;
  const Meta meta = read_ledger_meta(*side.connection, side.name);
  if (meta.schema_version < known) {
    throw Error(Errc::ledger_mismatch,
                format("the ledger {} was written by an older mtlsctl (schema {}, needed here: {})",
                       side.name.shown(), meta.schema_version, known),
                "bring it up to date with 'mtlsctl store migrate' first");
  }
  require_known_schema(meta, side.name, LedgerAccess::read_write);
  return meta;
}

}  // namespace

Migrated migrate_ledger(const LedgerLocation& location, const Author& author, Trial trial) {
  const LedgerName name = name_of(location);
  ServerClock clock(author.time);
  return with_ledger_errors(name, [&]() -> Migrated {
    const std::int64_t known = migrations().back().version;
    const auto access = trial == Trial::yes ? LedgerAccess::read_only : LedgerAccess::read_write;
    if (location.server) {
      const auto connection = open_existing(location, access);
      if (connection->tables().empty()) {
        if (trial == Trial::yes) return {.from = std::nullopt, .to = known, .ledger_id = {}};
        const auto made = open_or_make(location, make_ledger_id());
        return {.from = std::nullopt,
                .to = known,
                .ledger_id = read_ledger_meta(*made, name).ledger_id};
      }
    }
    const auto connection = open_existing(location, access);
    const Meta before = read_ledger_meta(*connection, name);
    if (before.schema_version > known) require_known_schema(before, name, LedgerAccess::read_write);
    if (trial == Trial::yes) {
      return {.from = before.schema_version, .to = known, .ledger_id = before.ledger_id};
    }
    clock.measure(*connection, name);
    Author dated = author;
    dated.time += clock.offset();
    const Meta after = migrate(*connection, migrations(), dated);
    return {
        .from = before.schema_version, .to = after.schema_version, .ledger_id = after.ledger_id};
  });
}

namespace {

/// What the new tables do not take, the old ones should not hold.
Error damaged_source(const Side& source, const DbError& failure) {
  return {Errc::ledger_damaged,
          format("the ledger {} is damaged: it holds rows that no ledger may hold: {}",
                 source.name.shown(), failure.what()),
          "'mtlsctl store check' says which; nothing was copied"};
}

/// Fills `to`, which stays empty where that fails.
std::vector<Copied::Rows> fill(const Side& source, const LedgerLocation& to, const LedgerName& name,
                               const Meta& meta) {
  return with_ledger_errors(name, [&] {
    const Side copy{.name = name, .connection = open_or_make(to, meta.ledger_id)};
    std::vector<Copied::Rows> rows;
    Transaction transaction(*copy.connection, Transaction::Kind::exclusive);
    copy.connection->expect_long();
    require_own_tables(copy, meta);
    try {
      for (const Table& table : ledger_tables()) {
        rows.push_back(
            {.table = std::string(table.name), .count = copy_table(source, copy, table)});
      }
      for (const Table& table : ledger_tables()) compare_table(source, copy, table);
      transaction.commit();
    } catch (const DbError& failure) {
      if (failure.code() != DbErrc::unique && failure.code() != DbErrc::constraint) throw;
      throw damaged_source(source, failure);
    }
    // SQLite moves what its log holds into the file when it closes it, and says nothing where that
    // fails: so before.
    if (!to.server) copy.connection->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    return rows;
  });
}

}  // namespace

Copied copy_ledger(const LedgerLocation& from, const LedgerLocation& to) {
  Side source{.name = name_of(from), .connection = nullptr};
  Meta meta;
  std::unique_ptr<Transaction> snapshot;
  with_ledger_errors(source.name, [&] {
    source.connection = open_existing(from, LedgerAccess::read_only);
    snapshot = std::make_unique<Transaction>(*source.connection, Transaction::Kind::reading);
    meta = require_current(source);
  });
  if (to.server) {
    return {.ledger_id = meta.ledger_id, .rows = fill(source, to, name_of(to), meta)};
  }
  NewFile file(to);
  auto rows = fill(source, file.location(), name_of(to), meta);
  file.publish();
  return {.ledger_id = meta.ledger_id, .rows = std::move(rows)};
}

}  // namespace mtls::store
