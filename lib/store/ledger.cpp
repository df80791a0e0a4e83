#include "store/ledger.hpp"

#include "base/base64.hpp"
#include "base/format.hpp"
#include "store/ledger_data.hpp"
#include "store/schema.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mtls::store {
namespace {

bool has_meta(Connection& connection) {
  const auto tables = connection.tables();
  return std::find(tables.begin(), tables.end(), "meta") != tables.end();
}

Error occupied(const LedgerName& name, std::string_view what) {
  return {Errc::would_overwrite, format("{} {} and is not overwritten", name.shown(), what),
          "choose another directory, or move that file away"};
}

/// Throws would_overwrite where the name is taken by anything but an empty file or a ledger. Done
/// before the file is opened for writing, which would change a database of somebody else's.
void refuse_foreign_file(const LedgerName& name) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(name.file, error);
  if (!std::filesystem::exists(status)) return;
  if (!std::filesystem::is_regular_file(status)) throw occupied(name, "is not a regular file");
  if (std::filesystem::file_size(name.file, error) == 0) return;
  try {
    const auto connection = open_sqlite(name.file, OpenMode::read_only, name.lock_timeout);
    if (!connection->tables().empty() && !has_meta(*connection)) {
      throw occupied(name, "is a database of something else");
    }
  } catch (const DbError& failure) {
    if (failure.code() == DbErrc::corrupt) throw occupied(name, "is no database");
    throw;
  }
}

LedgerName name_of(const LedgerLocation& location) {
  return {.file = location.file, .lock_timeout = location.lock_timeout, .server = location.server};
}

std::unique_ptr<Connection> open_connection(const LedgerLocation& location, OpenMode mode) {
  return location.server ? open_postgresql(*location.server, mode, location.lock_timeout)
                         : open_sqlite(location.file, mode, location.lock_timeout);
}

void make_tables_once(Connection& connection, const std::string& ledger_id) {
  Transaction transaction(connection, Transaction::Kind::exclusive);
  if (!connection.tables().empty()) return;  // somebody's: looked at by the caller
  create_schema(connection, migrations(), ledger_id);
  transaction.commit();
}

/// Reads meta and brings an older schema up to date; throws where this program cannot work with it.
Meta settle_schema(Connection& connection, const LedgerName& name, LedgerAccess access,
                   const std::optional<Author>& author) {
  const std::int64_t known = migrations().back().version;
  Meta meta = read_meta(connection);
  if (meta.schema_version < known && access == LedgerAccess::read_write) {
    meta = migrate(connection, migrations(),
                   author.value_or(Author{.actor = "", .host = "", .time = {}}));
  }
  if (meta.schema_version > known) {
    throw Error(Errc::ledger_mismatch,
                format("the ledger {} was written by a newer mtlsctl (schema {}, known here: {})",
                       name.shown(), meta.schema_version, known),
                "use that mtlsctl, or a newer one");
  }
  if (meta.schema_version < known) {
    throw Error(Errc::ledger_mismatch,
                format("the ledger {} was written by an older mtlsctl (schema {}, needed here: {})",
                       name.shown(), meta.schema_version, known),
                "any command that writes to it brings it up to date");
  }
  return meta;
}

Error lost(const LedgerName& name) {
  return {Errc::ledger_unavailable,
          format("the ledger {} is empty: what it recorded is lost", name.shown()),
          "restore it from a backup; it is never made anew for a CA that has issued"};
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

Ledger::Ledger(std::unique_ptr<Data> data) : m_data(std::move(data)) {}
Ledger::Ledger(Ledger&& other) noexcept = default;
Ledger& Ledger::operator=(Ledger&& other) noexcept = default;
Ledger::~Ledger() = default;

LedgerLocation LedgerLocation::at(const StoreUrl& url) {
  LedgerLocation location;
  if (url.engine() == Engine::postgresql) {
    location.server = url;
  } else {
    location.file = url.file();
  }
  return location;
}

Ledger Ledger::create(const LedgerLocation& location, const std::string& ledger_id) {
  Ledger ledger = create_or_join(location, ledger_id);
  if (ledger.id() != ledger_id) throw occupied(ledger.m_data->name, "holds another ledger");
  return ledger;
}

Ledger Ledger::create_or_join(const LedgerLocation& location, const std::string& ledger_id) {
  auto data = std::make_unique<Data>();
  data->name = name_of(location);
  data->intent_pending = location.intent_pending;
  data->guard([&] {
    if (!location.server) refuse_foreign_file(data->name);
    data->connection = open_connection(location, OpenMode::create);
    make_tables_once(*data->connection, ledger_id);
    if (!has_meta(*data->connection)) throw occupied(data->name, "is a database of something else");
    data->id =
        settle_schema(*data->connection, data->name, LedgerAccess::read_write, location.author)
            .ledger_id;
  });
  return Ledger(std::move(data));
}

Ledger Ledger::open(const LedgerLocation& location, const std::string& ledger_id,
                    LedgerAccess access) {
  auto data = std::make_unique<Data>();
  data->name = name_of(location);
  data->intent_pending = location.intent_pending;
  data->guard([&] {
    const bool writes = access == LedgerAccess::read_write;
    if (!location.server) require_content(data->name);
    data->connection =
        open_connection(location, writes ? OpenMode::read_write : OpenMode::read_only);
    Meta meta;
    try {
      meta = settle_schema(*data->connection, data->name, access, location.author);
    } catch (const DbError& failure) {
      // Looked for only now: an ordinary start asks the one question that it needs.
      if (failure.code() != DbErrc::corrupt || has_meta(*data->connection)) throw;
      explain_missing_meta(*data->connection, data->name);
    }
    if (meta.ledger_id != ledger_id) {
      throw Error(Errc::ledger_mismatch,
                  format("the ledger {} belongs to another CA: its id is not the one in ca.toml",
                         data->name.shown()),
                  "look at 'store' and 'ledger_id' in ca.toml; was one of the two files replaced?");
    }
    data->id = meta.ledger_id;
  });
  return Ledger(std::move(data));
}

Ledger Ledger::create_in_memory(const std::string& ledger_id) {
  auto data = std::make_unique<Data>();
  data->name = {.file = "(in memory)", .lock_timeout = std::chrono::milliseconds(0)};
  data->guard([&] {
    data->connection = open_sqlite_in_memory();
    make_tables_once(*data->connection, ledger_id);
    data->id = ledger_id;
  });
  return Ledger(std::move(data));
}

std::chrono::seconds Ledger::intent_pending() const noexcept { return m_data->intent_pending; }

const std::string& Ledger::id() const noexcept { return m_data->id; }

std::vector<std::string> Ledger::warnings() const { return m_data->connection->warnings(); }

std::string make_ledger_id() {
  std::array<std::uint8_t, 16> octets{};
  crypto::fill_random(octets);
  return to_hex(octets);
}

}  // namespace mtls::store
