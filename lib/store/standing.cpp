#include "store/standing.hpp"

#include "store/record_row.hpp"

#include <algorithm>

namespace mtls::store {
namespace {

struct Before {
  State state;
  std::optional<UnixTime> revoked_time;
  UnixTime changed_time;
};

std::optional<Before> read_standing(Connection& connection, IssuerId issuer,
                                    const std::string& serial) {
  const auto row = connection.prepare(
      "SELECT state, revoked_time, changed_time FROM certificates "
      "WHERE issuer = :issuer AND serial = :serial AND origin = 'issued'");
  row->bind("issuer", static_cast<std::int64_t>(issuer)).bind("serial", serial);
  if (!row->step()) return std::nullopt;
  const auto state = parse_state(row->text(0));
  if (!state) throw DbError(DbErrc::corrupt, "column state holds what it cannot");
  return Before{
      .state = *state,
      .revoked_time = row->is_null(1) ? std::nullopt : std::optional(to_time(row->integer(1))),
      .changed_time = to_time(row->integer(2))};
}

}  // namespace

std::optional<State> change_standing(Connection& connection, ChainWriter& chain, IssuerId issuer,
                                     const x509::SerialNumber& serial,
                                     const StandingChange& change) {
  const auto before = read_standing(connection, issuer, serial.to_text());
  if (!before) return std::nullopt;
  if (std::find(change.from.begin(), change.from.end(), before->state) == change.from.end()) {
    return before->state;
  }
  const Standing after{.state = change.to,
                       .note = change.note,
                       .revoked_time = change.to == State::revoked ? std::optional(change.time)
                                                                   : before->revoked_time,
                       .changed_time = std::max(before->changed_time, change.time)};
  const std::int64_t entry = chain.append({.action = change.action,
                                           .serial = serial,
                                           .content = standing_part(serial, after),
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
      .bind("issuer", static_cast<std::int64_t>(issuer))
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
