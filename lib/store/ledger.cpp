#include "store/ledger.hpp"

#include "base/bytes.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
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
  if (ledger.id() != ledger_id) throw occupied(ledger.m_data->name, "holds another ledger");
  return ledger;
}

Ledger Ledger::create_or_join(const LedgerLocation& location, const std::string& ledger_id) {
  auto data = std::make_unique<Data>();
  data->name = name_of(location);
  data->intent_pending = location.intent_pending;
  data->guard([&] {
    data->connection = open_or_make(location, ledger_id);
    data->id =
        settle_schema(*data->connection, data->name, LedgerAccess::read_write, location.author)
            .ledger_id;
    data->take_server_time(location.author);
  });
  return Ledger(std::move(data));
}

Ledger Ledger::open(const LedgerLocation& location, const std::string& ledger_id,
                    LedgerAccess access) {
  auto data = std::make_unique<Data>();
  data->name = name_of(location);
  data->intent_pending = location.intent_pending;
  data->guard([&] {
    data->connection = open_existing(location, access);
    const Meta meta = settle_schema(*data->connection, data->name, access, location.author);
    if (meta.ledger_id != ledger_id) {
      throw Error(Errc::ledger_mismatch,
                  format("the ledger {} belongs to another CA: its id is not the one in ca.toml",
                         data->name.shown()),
                  "look at 'store' and 'ledger_id' in ca.toml; was one of the two files replaced?");
    }
    data->id = meta.ledger_id;
    data->brought_up = meta.brought_up;
    data->take_server_time(location.author);
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

void Ledger::Data::take_server_time(const std::optional<Author>& author) {
  constexpr std::chrono::minutes k_tolerance{5};
  const auto seconds = author ? connection->server_time() : std::nullopt;
  if (!seconds) return;
  const UnixTime server{std::chrono::seconds(*seconds)};
  clock_offset = server - author->time;
  if (clock_offset <= k_tolerance && clock_offset >= -k_tolerance) return;
  throw Error(Errc::clock,
              format("it is {} by this machine's clock and {} by that of the ledger's server {}",
                     to_rfc3339(author->time), to_rfc3339(server), name.shown()),
              "set the clock that is wrong; nothing is recorded while they are more than five "
              "minutes apart");
}

std::chrono::seconds Ledger::intent_pending() const noexcept { return m_data->intent_pending; }

bool Ledger::was_brought_up() const noexcept { return m_data->brought_up; }

const std::string& Ledger::id() const noexcept { return m_data->id; }

std::string Ledger::shown() const { return m_data->name.shown(); }

std::vector<std::string> Ledger::warnings() const { return m_data->connection->warnings(); }

std::string make_ledger_id() {
  std::array<std::uint8_t, 16> octets{};
  crypto::fill_random(octets);
  return to_hex(octets);
}

}  // namespace mtls::store
