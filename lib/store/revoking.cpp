#include "store/revoking.hpp"

#include "base/format.hpp"
#include "store/record_row.hpp"
#include "store/row_parts.hpp"

#include <algorithm>

namespace mtls::store {
namespace {

std::vector<RecordRow> read_rows(Connection& connection, IssuerId issuer,
                                 const x509::SerialNumber& serial) {
  const auto rows = connection.prepare(
      format("SELECT {} FROM certificates WHERE serial = :serial AND issuer = :issuer ORDER BY id",
             k_record_columns));
  rows->bind("serial", serial.to_text()).bind("issuer", number(issuer));
  std::vector<RecordRow> found;
  while (rows->step()) found.push_back(read_record(*rows));
  return found;
}

void revoke_row(Connection& connection, ChainWriter& chain, RecordRow row,
                const Imported::Revocation& revocation, const Author& author) {
  row.record.state = State::revoked;
  row.record.note = revocation_note(revocation.reason);
  row.record.revoked_time = revocation_time(revocation, author);
  row.record.changed_time = std::max(row.record.changed_time, author.time);
  const std::int64_t entry = chain.append(revocation_entry(row.record));
  const auto update = connection.prepare(
      "UPDATE certificates SET state = 'revoked', note = :note, revoked_time = :revoked_time, "
      "changed_time = :changed_time, standing_entry = :entry WHERE id = :id");
  update->bind("note", row.record.note)
      .bind("revoked_time", to_seconds(*row.record.revoked_time))
      .bind("changed_time", to_seconds(row.record.changed_time))
      .bind("entry", entry)
      .bind("id", row.id);
  require_changed(update->run(), 1);
}

}  // namespace

UnixTime revocation_time(const Imported::Revocation& revocation, const Author& author) {
  return std::min(revocation.time.value_or(author.time), author.time);
}

LogSubject revocation_entry(const Record& row) {
  return {.action = LogAction::revoke,
          .serial = row.serial,
          .content = standing_part(standing_of(row)),
          .count = 1,
          .note = row.note};
}

RevokedOutcome would_revoke(Connection& connection, IssuerId issuer,
                            const x509::SerialNumber& serial) {
  const auto states = connection.prepare(
      "SELECT state FROM certificates WHERE serial = :serial AND issuer = :issuer");
  states->bind("serial", serial.to_text()).bind("issuer", number(issuer));
  bool any = false;
  while (states->step()) {
    any = true;
    if (states->text(0) != name(State::revoked)) return RevokedOutcome::now_revoked;
  }
  if (any || find_revocation_row(connection, issuer, serial))
    return RevokedOutcome::already_revoked;
  return RevokedOutcome::recorded;
}

void revoke_rows(Connection& connection, ChainWriter& chain, IssuerId issuer,
                 const x509::SerialNumber& serial, const Imported::Revocation& revocation,
                 const Author& author) {
  for (RecordRow& row : read_rows(connection, issuer, serial)) {
    if (row.record.state == State::revoked) continue;
    revoke_row(connection, chain, std::move(row), revocation, author);
  }
}

}  // namespace mtls::store
