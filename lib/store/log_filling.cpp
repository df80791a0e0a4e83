#include "store/log_filling.hpp"

#include "base/base64.hpp"
#include "base/format.hpp"
#include "store/chain.hpp"
#include "store/record_row.hpp"
#include "store/row_parts.hpp"
#include "x509/certificate.hpp"

#include <vector>

namespace mtls::store {
namespace {

std::vector<IssuerId> all_issuers(Connection& connection) {
  std::vector<IssuerId> issuers;
  const auto rows = connection.prepare("SELECT issuer FROM issuers ORDER BY issuer");
  while (rows->step()) issuers.push_back(IssuerId{rows->integer(0)});
  return issuers;
}

/// A row that stands otherwise than by its intent and its certificate alone.
struct StandingRow {
  std::int64_t id;
  Standing standing;
};

/// What is found of one issuer's rows, in one pass over them: hashes, not the rows.
struct Found {
  std::vector<Leaf> intents;
  std::vector<Leaf> certificates;
  std::vector<StandingRow> standing;
};

/// The columns of schema 1, with numbers where those of later schemas are not filled yet.
constexpr std::string_view k_rows =
    "SELECT issuer, serial, state, origin, request_key, profile, profile_hash, subject, sans, "
    "not_before, not_after, spki_hash, fingerprint, certificate, actor, host, pid, session, "
    "intent_time, issued_time, revoked_time, note, tbs, crl_part, replaces, changed_time, 0, NULL, "
    "NULL, id FROM certificates WHERE issuer = :issuer ORDER BY id";

Found read_rows(Connection& connection, IssuerId issuer) {
  Found found;
  const auto rows = connection.prepare(k_rows);
  rows->bind("issuer", number(issuer));
  while (rows->step()) {
    const RecordRow row = read_record(*rows);
    const Record& record = row.record;
    found.intents.push_back({record.serial.to_text(), intent_part(record)});
    if (record.certificate) {
      found.certificates.push_back({record.serial.to_text(), issue_part(record)});
    }
    if (record.state != State::intent && record.state != State::issued) {
      found.standing.push_back({.id = row.id, .standing = standing_of(record)});
    }
  }
  return found;
}

std::int64_t append_batch(ChainWriter& chain, LogAction action, std::vector<Leaf> leaves) {
  const auto count = static_cast<std::int64_t>(leaves.size());
  const auto serial = leaves.size() == 1 ? x509::SerialNumber::parse(leaves.front().serial)
                                         : std::optional<x509::SerialNumber>();
  return chain.append({.action = action,
                       .serial = serial,
                       .content = batch_root(std::move(leaves)),
                       .count = count,
                       .note = "recorded before there was a log"});
}

void append_ca_certificates(Connection& connection, ChainWriter& chain, IssuerId issuer) {
  const auto rows = connection.prepare(
      "SELECT certificate FROM ca_certificates WHERE issuer = :issuer ORDER BY fingerprint");
  rows->bind("issuer", number(issuer));
  while (rows->step()) {
    const auto der = from_base64(rows->text(0));
    if (!der) throw DbError(DbErrc::corrupt, "column certificate holds what it cannot");
    const auto certificate = x509::Certificate::from_der(*der);
    chain.append({.action = LogAction::ca_certificate,
                  .serial = certificate.serial(),
                  .content = certificate.fingerprint()});
  }
}

/// Sets the entry of `count` rows.
void set_entry(Connection& connection, std::string_view sql, std::int64_t count, IssuerId issuer,
               std::int64_t entry) {
  const auto update = connection.prepare(sql);
  update->bind("entry", entry).bind("issuer", number(issuer));
  require_changed(update->run(), count);
}

LogAction action_of(State state) {
  switch (state) {
    case State::revoked:
      return LogAction::revoke;
    case State::burnt:
      return LogAction::burn;
    case State::unknown:
    case State::intent:
    case State::issued:
      break;
  }
  return LogAction::unknown;
}

void fill_log(Connection& connection, IssuerId issuer, const Author& author) {
  begin_log(connection, issuer);
  ChainWriter chain(connection, issuer, author);
  chain.append({.action = LogAction::migration, .note = "schema 1 to 2"});
  append_ca_certificates(connection, chain, issuer);
  Found found = read_rows(connection, issuer);
  const auto rows = static_cast<std::int64_t>(found.intents.size());
  const auto certificates = static_cast<std::int64_t>(found.certificates.size());
  if (rows > 0) {
    set_entry(connection, "UPDATE certificates SET intent_entry = :entry WHERE issuer = :issuer",
              rows, issuer, append_batch(chain, LogAction::intent, std::move(found.intents)));
  }
  if (certificates > 0) {
    set_entry(connection,
              "UPDATE certificates SET issue_entry = :entry WHERE issuer = :issuer "
              "AND certificate IS NOT NULL",
              certificates, issuer,
              append_batch(chain, LogAction::issue, std::move(found.certificates)));
  }
  for (const StandingRow& one : found.standing) {
    const std::int64_t entry = chain.append({.action = action_of(one.standing.state),
                                             .serial = one.standing.serial,
                                             .content = standing_part(one.standing),
                                             .count = 1,
                                             .note = one.standing.note});
    const auto update =
        connection.prepare("UPDATE certificates SET standing_entry = :entry WHERE id = :id");
    require_changed(update->bind("entry", entry).bind("id", one.id).run(), 1);
  }
  chain.finish();
}

std::vector<Leaf> read_imported_standing(Connection& connection, IssuerId issuer) {
  std::vector<Leaf> leaves;
  const auto rows = connection.prepare(
      format("SELECT {} FROM certificates WHERE issuer = :issuer AND origin = 'imported' "
             "AND standing_entry IS NOT NULL ORDER BY id",
             k_record_columns));
  rows->bind("issuer", number(issuer));
  while (rows->step()) {
    const Record row = read_record(*rows).record;
    leaves.push_back({row.serial.to_text(), standing_part(standing_of(row))});
  }
  return leaves;
}

}  // namespace

void fill_logs(Connection& connection, const Author& author) {
  for (const IssuerId issuer : all_issuers(connection)) fill_log(connection, issuer, author);
}

void commit_to_imported_standing(Connection& connection, const Author& author) {
  for (const IssuerId issuer : all_issuers(connection)) {
    ChainWriter chain(connection, issuer, author);
    std::vector<Leaf> leaves = read_imported_standing(connection, issuer);
    const auto count = static_cast<std::int64_t>(leaves.size());
    chain.append({.action = LogAction::migration,
                  .content = batch_root(std::move(leaves)),
                  .count = count,
                  .note = "schema 2 to 3"});
    chain.finish();
  }
}

void note_revocations_table(Connection& connection, const Author& author) {
  for (const IssuerId issuer : all_issuers(connection)) {
    ChainWriter chain(connection, issuer, author);
    chain.append({.action = LogAction::migration, .note = "schema 3 to 4"});
    chain.finish();
  }
}

}  // namespace mtls::store
