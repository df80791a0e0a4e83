#include "store/ledger.hpp"

#include "base/base64.hpp"
#include "base/format.hpp"
#include "store/ledger_data.hpp"
#include "store/ledger_opening.hpp"
#include "store/schema.hpp"

#include <array>
#include <utility>

namespace mtls::store {
namespace {

std::optional<IssuerId> read_issuer(Connection& connection, const std::string& subject_der,
                                    const std::string& spki_hash) {
  const auto statement = connection.prepare(
      "SELECT issuer FROM issuers WHERE spki_hash = :spki_hash AND subject_der = :subject_der");
  statement->bind("spki_hash", spki_hash).bind("subject_der", subject_der);
  if (!statement->step()) return std::nullopt;
  return IssuerId{statement->integer(0)};
}

/// Returns the issuer, put in where it is new; within a writing transaction of the caller's.
IssuerId insert_issuer(Connection& connection, const x509::Name& subject,
                       const crypto::PublicKey& key) {
  const std::string subject_der = to_base64(subject.der());
  const std::string spki_hash = to_hex(key.spki_hash());
  connection
      .prepare(
          "INSERT INTO issuers (issuer, subject_der, spki_hash) "
          "SELECT coalesce(max(issuer), 0) + 1, cast(:subject_der AS text), "
          "cast(:spki_hash AS text) FROM issuers WHERE true ON CONFLICT DO NOTHING")
      ->bind("subject_der", subject_der)
      .bind("spki_hash", spki_hash)
      .run();
  const auto added = read_issuer(connection, subject_der, spki_hash);
  if (!added) throw DbError(DbErrc::other, "an issuer that was added is not there");
  return *added;
}

bool has_ca_certificate(Connection& connection, IssuerId issuer,
                        const crypto::Sha256& fingerprint) {
  const auto statement = connection.prepare(
      "SELECT 1 FROM ca_certificates WHERE issuer = :issuer AND fingerprint = :fingerprint");
  statement->bind("issuer", static_cast<std::int64_t>(issuer))
      .bind("fingerprint", to_hex(fingerprint));
  return statement->step();
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
    data->id = settle_schema(*data->connection, data->name, LedgerAccess::read_write).ledger_id;
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
    const Meta meta = settle_schema(*data->connection, data->name, access);
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

bool Ledger::Data::reconnects() const {
  try {
    connection->reconnect();
    return true;
  } catch (const DbError&) {
    return false;
  }
}

void insert_ca_certificate(Connection& connection, IssuerId issuer,
                           const crypto::Sha256& fingerprint, ByteView der) {
  connection
      .prepare(
          "INSERT INTO ca_certificates (issuer, fingerprint, certificate) "
          "VALUES (:issuer, :fingerprint, :certificate) ON CONFLICT DO NOTHING")
      ->bind("issuer", static_cast<std::int64_t>(issuer))
      .bind("fingerprint", to_hex(fingerprint))
      .bind("certificate", to_base64(der))
      .run();
}

std::chrono::seconds Ledger::intent_pending() const noexcept { return m_data->intent_pending; }

const std::string& Ledger::id() const noexcept { return m_data->id; }

std::vector<std::string> Ledger::warnings() const { return m_data->connection->warnings(); }

IssuerId Ledger::add_issuer(const x509::Name& subject, const crypto::PublicKey& key) {
  if (const auto known = find_issuer(subject, key)) return *known;
  return m_data->guard([&] {
    IssuerId added{};
    const auto change = [&] {
      Transaction transaction(*m_data->connection, Transaction::Kind::exclusive);
      added = insert_issuer(*m_data->connection, subject, key);
      transaction.commit();
    };
    m_data->settle(change, [] { return false; });  // it may be made twice
    return added;
  });
}

IssuerId Ledger::add_issuer(const x509::Name& subject, const crypto::PublicKey& key,
                            const x509::Certificate& certificate) {
  const auto known = find_issuer(subject, key);
  return m_data->guard([&] {
    Connection& connection = *m_data->connection;
    if (known && has_ca_certificate(connection, *known, certificate.fingerprint())) return *known;
    IssuerId issuer{};
    const auto change = [&] {
      Transaction transaction(connection, Transaction::Kind::exclusive);
      issuer = insert_issuer(connection, subject, key);
      insert_ca_certificate(connection, issuer, certificate.fingerprint(), certificate.der());
      transaction.commit();
    };
    m_data->settle(change, [] { return false; });
    return issuer;
  });
}

std::optional<IssuerId> Ledger::find_issuer(const x509::Name& subject,
                                            const crypto::PublicKey& key) const {
  return m_data->guard([&] {
    return read_issuer(*m_data->connection, to_base64(subject.der()), to_hex(key.spki_hash()));
  });
}

void Ledger::add_ca_certificate(IssuerId issuer, const x509::Certificate& certificate) {
  m_data->guard([&] {
    Connection& connection = *m_data->connection;
    if (has_ca_certificate(connection, issuer, certificate.fingerprint())) return;
    const auto change = [&] {
      Transaction transaction(connection, Transaction::Kind::writing);
      insert_ca_certificate(connection, issuer, certificate.fingerprint(), certificate.der());
      transaction.commit();
    };
    m_data->settle(change, [] { return false; });
  });
}

std::string make_ledger_id() {
  std::array<std::uint8_t, 16> octets{};
  crypto::fill_random(octets);
  return to_hex(octets);
}

}  // namespace mtls::store
