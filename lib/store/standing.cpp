#include "store/standing.hpp"

#include "store/record_row.hpp"

#include <algorithm>

namespace mtls::store {
namespace {

std::optional<Standing> read_standing(Connection& connection, IssuerId issuer,
                                      const x509::SerialNumber& serial) {
  const auto row = connection.prepare(
      "SELECT state, revoked_time, changed_time, fingerprint, note FROM certificates "
      "WHERE issuer = :issuer AND serial = :serial AND origin = 'issued'");
  row->bind("issuer", number(issuer)).bind("serial", serial.to_text());
  if (!row->step()) return std::nullopt;
  const auto state = parse_state(row->text(0));
  if (!state) throw DbError(DbErrc::corrupt, "column state holds what it cannot");
  return Standing{
      .serial = serial,
      .origin = Origin::issued,
      .fingerprint =
          row->is_null(3) ? std::nullopt : std::optional(read_digest(row->text(3), "fingerprint")),
      .state = *state,
      .note = row->text(4),
      .revoked_time = row->is_null(1) ? std::nullopt : std::optional(to_time(row->integer(1))),
      .changed_time = to_time(row->integer(2))};
}

}  // namespace

std::optional<State> change_standing(Connection& connection, ChainWriter& chain, IssuerId issuer,
                                     const x509::SerialNumber& serial,
                                     const StandingChange& change) {
  const auto before = read_standing(connection, issuer, serial);
  if (!before) return std::nullopt;
  if (std::find(change.from.begin(), change.from.end(), before->state) == change.from.end()) {
    return before->state;
  }
  Standing after = *before;
  after.state = change.to;
  after.note = change.note;
  if (change.to == State::revoked) after.revoked_time = change.time;
  after.changed_time = std::max(before->changed_time, change.time);
  const std::int64_t entry = chain.append({.action = change.action,
                                           .serial = serial,
                                           .content = standing_part(after),
                                           .count = 1,
                                           .note = change.note});
  const auto update = connection.prepare(
      "UPDATE certificates SET state = :state, note = :note, revoked_time = :revoked_time, "
      "changed_time = :changed_time, standing_entry = :entry "
      "WHERE issuer = :issuer AND serial = :serial AND origin = 'issued'");
  update->bind("state", name(after.state))
      .bind("note", after.note)
      .bind("changed_time", to_seconds(after.changed_time))
      .bind("entry", entry)
      .bind("issuer", number(issuer))
      .bind("serial", serial.to_text());
  if (after.revoked_time) {
    update->bind("revoked_time", to_seconds(*after.revoked_time));
  } else {
    update->bind_null("revoked_time");
  }
  if (update->run() != 1) throw DbError(DbErrc::other, "a row that was read is not there");
  return before->state;
}

}  // namespace mtls::store
