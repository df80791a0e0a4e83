#include "store/ledger.hpp"

#include "base/bytes.hpp"
#include "base/format.hpp"
#include "store/ledger_data.hpp"
#include "store/ledger_opening.hpp"
#include "store/schema.hpp"

#include <array>
#include <utility>

namespace mtls::store {

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

std::string LedgerLocation::shown() const { return name_of(*this).shown(); }

Ledger Ledger::create(const LedgerLocation& location, const std::string& ledger_id) {
  Ledger ledger = create_or_join(location, ledger_id);
  if (ledger.id() != ledger_id) throw occupied_by_ledger(ledger.m_data->name);
  return ledger;
}

void Ledger::require_free(const LedgerLocation& location) {
  const LedgerName name = name_of(location);
  with_ledger_errors(name, [&name] { require_free_file(name); });
}

Ledger Ledger::create_or_join(const LedgerLocation& location, const std::string& ledger_id) {
  auto data = std::make_unique<Data>();
  data->name = name_of(location);
  data->intent_pending = location.intent_pending;
  if (location.author) data->clock.emplace(location.author->time);
  data->guard([&] {
    data->connection = open_or_make(location, ledger_id);
    data->begin_use(settle_schema(*data->connection, data->name, location.author));
  });
  return Ledger(std::move(data));
}

Ledger Ledger::open(const LedgerLocation& location, const std::string& ledger_id,
                    LedgerAccess access) {
  auto data = std::make_unique<Data>();
  data->name = name_of(location);
  data->access = access;
  data->intent_pending = location.intent_pending;
  if (location.author) data->clock.emplace(location.author->time);
  data->guard([&] {
    data->connection = open_existing(location, access);
    const Meta meta = access == LedgerAccess::read_write
                          ? settle_schema(*data->connection, data->name, location.author)
                          : read_current_meta(*data->connection, data->name);
    if (meta.ledger_id != ledger_id) {
      throw Error(Errc::ledger_mismatch,
                  format("the ledger {} belongs to another CA: its id is not the one in ca.toml",
                         data->name.shown()),
                  "look at 'store' and 'ledger_id' in ca.toml; was one of the two files replaced?");
    }
    data->begin_use(meta);
    data->brought_from = meta.brought_from;
  });
  return Ledger(std::move(data));
}

Ledger Ledger::create_in_memory(const std::string& ledger_id) {
  auto data = std::make_unique<Data>();
  data->name = {.file = "(in memory)", .lock_timeout = std::chrono::milliseconds(0)};
  data->guard([&] {
    data->connection = open_sqlite_in_memory();
    make_tables_once(*data->connection, ledger_id);
    data->begin_use(read_meta(*data->connection));
  });
  return Ledger(std::move(data));
}

void Ledger::Data::begin_use(const Meta& meta) {
  id = meta.ledger_id;
  schema = meta.schema_version;
  connection->when_renewed([this] { require_same(); });
  if (clock) clock->measure(*connection, name);
}

std::chrono::seconds Ledger::Data::clock_offset(UnixTime now) {
  if (!clock) return std::chrono::seconds(0);
  const bool overtaken = clock->is_overtaken_by(now);
  if (overtaken) clock.emplace(now);
  if (overtaken || clock->is_due(std::chrono::steady_clock::now())) {
    guard([&] { clock->measure(*connection, name); });
  }
  return clock->offset();
}

void Ledger::Data::see(IssuerId issuer, const LogHead& head) {
  const auto [known, is_new] = seen.emplace(issuer, head);
  if (!is_new && known->second.seq < head.seq) known->second = head;
}

void Ledger::Data::require_schema() const {
  const Meta meta = read_ledger_meta(*connection, name);
  require_known_schema(meta, name, access);
  if (meta.ledger_id == id) return;
  throw Error(Errc::ledger_mismatch,
              format("the ledger {} is another one now than when it was opened", name.shown()),
              "look at 'store' in ca.toml; was the database replaced?");
}

void Ledger::Data::require_same() const {
  require_schema();
  for (const auto& [issuer, head] : seen) {
    if (has_entry(*connection, issuer, head)) continue;
    throw Error(Errc::ledger_rolled_back,
                format("the ledger {} is older now than when it was opened, or another one: its "
                       "log does not hold entry {} that was seen before",
                       name.shown(), head.seq),
                "restore the newest backup; should there be none that is newer, 'mtlsctl store "
                "accept-rollback' goes on with this one");
  }
}

std::chrono::seconds Ledger::intent_pending() const noexcept { return m_data->intent_pending; }

std::int64_t Ledger::brought_from() const noexcept { return m_data->brought_from; }

const std::string& Ledger::id() const noexcept { return m_data->id; }

std::string Ledger::shown() const { return m_data->name.shown(); }

std::vector<std::string> Ledger::warnings() const {
  auto all = m_data->connection->warnings();
  all.insert(all.end(), m_data->warnings.begin(), m_data->warnings.end());
  return all;
}

void Ledger::add_warning(std::string warning) { m_data->warnings.push_back(std::move(warning)); }

std::string make_ledger_id() {
  std::array<std::uint8_t, 16> octets{};
  crypto::fill_random(octets);
  return to_hex(octets);
}

}  // namespace mtls::store
