// Revocations that another tool made, by serial, and the numbers of CRLs.
#include "base/error.hpp"
#include "base/format.hpp"
#include "store/ledger_data.hpp"
#include "store/record_row.hpp"
#include "store/revoking.hpp"

#include <algorithm>
#include <map>

namespace mtls::store {
namespace {

constexpr std::string_view k_number_note = "number ";

std::optional<x509::CrlNumber> number_in_note(std::string_view note) {
  if (note.substr(0, k_number_note.size()) != k_number_note) return std::nullopt;
  note.remove_prefix(k_number_note.size());
  return x509::CrlNumber::parse(note.substr(0, note.find(' ')));
}

/// One item of those that were given, with its place among them.
using Group = std::vector<std::size_t>;

std::map<IssuerId, Group> by_issuer(std::span<const RevokedSerial> revoked) {
  std::map<IssuerId, Group> groups;
  for (std::size_t i = 0; i < revoked.size(); ++i) groups[revoked[i].issuer].push_back(i);
  return groups;
}

void insert_revocation(Connection& connection, ChainWriter& chain, const RevokedSerial& revoked) {
  const std::int64_t entry = chain.append({.action = LogAction::revoke,
                                           .serial = revoked.serial,
                                           .content = revocation_part(revoked),
                                           .count = 1,
                                           .note = revocation_note(revoked.revocation.reason)});
  const auto insertion = connection.prepare(
      format("INSERT INTO revocations ({}) VALUES (:issuer, :serial, :not_after, :time, :reason, "
             ":invalid_since, :entry)",
             k_revocation_columns));
  insertion->bind("issuer", number(revoked.issuer))
      .bind("serial", revoked.serial.to_text())
      .bind("time", to_seconds(revoked.revocation.time.value()))
      .bind("reason", revoked.revocation.reason)
      .bind("entry", entry);
  const auto bind_time = [&insertion](std::string_view name, const std::optional<UnixTime>& time) {
    if (time) {
      insertion->bind(name, to_seconds(*time));
    } else {
      insertion->bind_null(name);
    }
  };
  bind_time("not_after", revoked.not_after);
  bind_time("invalid_since", revoked.revocation.invalid_since);
  require_changed(insertion->run(), 1);
}

RevokedOutcome record(Connection& connection, ChainWriter& chain, RevokedSerial revoked,
                      const Author& author) {
  switch (would_revoke(connection, revoked.issuer, revoked.serial)) {
    case RevokedOutcome::already_revoked:
      return RevokedOutcome::already_revoked;
    case RevokedOutcome::now_revoked:
      revoke_rows(connection, chain, revoked.issuer, revoked.serial, revoked.revocation, author);
      return RevokedOutcome::now_revoked;
    case RevokedOutcome::recorded:
      break;
  }
  revoked.revocation.time = revocation_time(revoked.revocation, author);
  insert_revocation(connection, chain, revoked);
  return RevokedOutcome::recorded;
}

/// A serial that the ledger could not read back would damage it for good: its log only grows.
void require_storable(const RevokedSerial& revoked) {
  const std::string text = revoked.serial.to_text();
  if (x509::SerialNumber::parse(text) == revoked.serial) return;
  throw Error(
      Errc::malformed,
      format("the serial {} cannot be put into the ledger: it is negative or too long", text));
}

std::optional<x509::CrlNumber> read_floor(Connection& connection, IssuerId issuer) {
  const auto entry = connection.prepare(
      "SELECT note FROM log_entries WHERE issuer = :issuer AND action = 'crl' "
      "ORDER BY seq DESC LIMIT 1");
  entry->bind("issuer", number(issuer));
  if (!entry->step()) return std::nullopt;
  const auto floor = number_in_note(entry->text(0));
  if (!floor) throw DbError(DbErrc::corrupt, "an entry of the action crl has no number");
  return floor;
}

}  // namespace

std::vector<RevokedOutcome> Ledger::record_revoked(std::span<const RevokedSerial> revoked,
                                                   const Author& author) {
  std::vector<RevokedOutcome> outcomes(revoked.size(), RevokedOutcome::already_revoked);
  for (const RevokedSerial& one : revoked) require_storable(one);
  if (revoked.empty()) return outcomes;
  const bool any = m_data->guard([&] {
    const Transaction snapshot(*m_data->connection, Transaction::Kind::reading);
    return std::any_of(revoked.begin(), revoked.end(), [this](const RevokedSerial& one) {
      return store::would_revoke(*m_data->connection, one.issuer, one.serial) !=
             RevokedOutcome::already_revoked;
    });
  });
  if (!any) return outcomes;  // nothing to write, and no lock to wait for
  const Author stamped = m_data->dated(author);
  m_data->change(
      by_issuer(revoked), stamped,
      [&](Connection& connection, ChainWriter& chain, IssuerId /*issuer*/, const Group& group) {
        for (const std::size_t at : group) {
          outcomes[at] = record(connection, chain, revoked[at], stamped);
        }
      });
  return outcomes;
}

RevokedOutcome Ledger::would_revoke(IssuerId issuer, const x509::SerialNumber& serial) const {
  return m_data->guard([&] { return store::would_revoke(*m_data->connection, issuer, serial); });
}

void Ledger::list_revocations(IssuerId issuer,
                              const std::function<Continue(const RevokedSerial&)>& row) const {
  m_data->guard([&] {
    const Transaction snapshot(*m_data->connection, Transaction::Kind::reading);
    if (!has_revocations(*m_data->connection)) return;
    const auto rows = m_data->prepare(
        format("SELECT {} FROM revocations r WHERE issuer = :issuer AND NOT EXISTS (SELECT 1 FROM "
               "certificates c WHERE c.serial = r.serial AND c.issuer = r.issuer) ORDER BY serial",
               k_revocation_columns));
    rows->bind("issuer", number(issuer));
    while (rows->step()) {
      if (row(read_revocation(*rows).revoked) == Continue::no) return;
    }
  });
}

std::optional<x509::CrlNumber> Ledger::crl_number_floor(IssuerId issuer) const {
  return m_data->guard([&] { return read_floor(*m_data->connection, issuer); });
}

void Ledger::record_crl_number(IssuerId issuer, const x509::CrlNumber& number,
                               const crypto::Sha256& fingerprint, const Author& author) {
  const auto known = crl_number_floor(issuer);
  if (known && *known >= number) return;
  const std::map<IssuerId, x509::CrlNumber> only{{issuer, number}};
  m_data->change(
      only, m_data->dated(author),
      [&fingerprint](Connection& connection, ChainWriter& chain, IssuerId of,
                     const x509::CrlNumber& given) {
        const auto floor = read_floor(connection, of);
        if (floor && *floor >= given) return;
        chain.append({.action = LogAction::crl,
                      .content = fingerprint,
                      .note = format("{}{} (imported)", k_number_note, given.to_text())});
      });
}

}  // namespace mtls::store
