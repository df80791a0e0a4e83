#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/format.hpp"
#include "store/ledger_data.hpp"
#include "store/record_row.hpp"
#include "store/revoking.hpp"
#include "store/row_parts.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace mtls::store {
namespace {

// A revoked one has its revocation from the first moment: one that is not revoked never stands.
constexpr std::string_view k_insert_imported = R"(
  INSERT INTO certificates (
    issuer, serial, state, origin, profile, profile_hash, subject, sans, not_before, not_after,
    spki_hash, fingerprint, certificate, crl_part, actor, host, pid, session, note, intent_time,
    issued_time, revoked_time, changed_time, intent_entry, issue_entry, standing_entry)
  VALUES (
    :issuer, :serial, :state, 'imported', :profile, :profile_hash, :subject, :sans, :not_before,
    :not_after, :spki_hash, :fingerprint, :certificate, :crl_part, :actor, :host, :pid, :session,
    :note, :time, :time, :revoked_time, :time, :entry, :entry, :standing_entry))";

/// The row that a certificate becomes; which entries commit to it is known later.
Record to_record(const Imported& imported, const Author& author) {
  const x509::Certificate& certificate = imported.certificate;
  const bool revoked = imported.revocation.has_value();
  return {.issuer = imported.issuer,
          .serial = certificate.serial(),
          .state = revoked ? State::revoked : State::issued,
          .origin = Origin::imported,
          .request_key = std::nullopt,
          .profile = {},
          .profile_hash = {},
          .subject = certificate.subject().to_text(),
          .sans = x509::to_texts(certificate.subject_alt_names()),
          .validity = certificate.validity(),
          .spki_hash = certificate.public_key().spki_hash(),
          .fingerprint = certificate.fingerprint(),
          .certificate = to_bytes(certificate.der()),
          .actor = {.actor = author.actor, .host = author.host, .pid = 0, .session = {}},
          .intent_time = author.time,
          .issued_time = author.time,
          .revoked_time =
              revoked ? std::optional(revocation_time(*imported.revocation, author)) : std::nullopt,
          .note = revoked ? revocation_note(imported.revocation->reason) : std::string(),
          .tbs = std::nullopt,
          .crl_part = 0,
          .replaces = std::nullopt,
          .changed_time = author.time,
          .intent_entry = 0,
          .issue_entry = std::nullopt,
          .standing_entry = std::nullopt};
}

bool stands(Statement& lookup, IssuerId issuer, const crypto::Sha256& fingerprint) {
  lookup.bind("issuer", number(issuer)).bind("fingerprint", to_hex(fingerprint));
  return lookup.step();
}

std::unique_ptr<Statement> prepare_lookup(Connection& connection) {
  return connection.prepare(
      "SELECT 1 FROM certificates WHERE issuer = :issuer AND fingerprint = :fingerprint");
}

/// Revokes what is there as valid with this serial, and says whether anything was.
bool revoke_existing(Connection& connection, ChainWriter& chain, const Imported& imported,
                     const Author& author) {
  const x509::SerialNumber& serial = imported.certificate.serial();
  if (would_revoke(connection, imported.issuer, serial) != RevokedOutcome::now_revoked) {
    return false;
  }
  revoke_rows(connection, chain, imported.issuer, serial, *imported.revocation, author);
  return true;
}

/// One item of those that were given, with its place among them.
struct Item {
  std::size_t index;
  const Imported* imported;
};
using Group = std::vector<Item>;

std::map<IssuerId, Group> by_issuer(std::span<const Imported> imported) {
  std::map<IssuerId, Group> groups;
  for (std::size_t i = 0; i < imported.size(); ++i) {
    groups[imported[i].issuer].push_back({.index = i, .imported = &imported[i]});
  }
  return groups;
}

LogSubject import_entry(const std::vector<Record>& rows) {
  std::vector<Leaf> leaves;
  leaves.reserve(rows.size());
  for (const Record& row : rows) leaves.push_back({row.serial.to_text(), import_part(row)});
  return {.action = LogAction::import,
          .serial = rows.size() == 1 ? std::optional(rows.front().serial) : std::nullopt,
          .content = batch_root(std::move(leaves)),
          .count = static_cast<std::int64_t>(rows.size())};
}

void bind_row(Statement& insertion, const Record& row) {
  insertion.bind("issuer", number(row.issuer))
      .bind("serial", row.serial.to_text())
      .bind("state", name(row.state))
      .bind("profile", row.profile)
      .bind("profile_hash", row.profile_hash)
      .bind("subject", row.subject)
      .bind("sans", join_sans(row.sans))
      .bind("not_before", to_seconds(row.validity.not_before))
      .bind("not_after", to_seconds(row.validity.not_after))
      .bind("spki_hash", to_hex(row.spki_hash))
      .bind("fingerprint", to_hex(row.fingerprint.value()))
      .bind("certificate", to_base64(row.certificate.value()))
      .bind("crl_part", row.crl_part)
      .bind("actor", row.actor.actor)
      .bind("host", row.actor.host)
      .bind("pid", row.actor.pid)
      .bind("session", row.actor.session)
      .bind("note", row.note)
      .bind("time", to_seconds(row.intent_time))
      .bind("entry", row.intent_entry);
  if (row.revoked_time) {
    insertion.bind("revoked_time", to_seconds(*row.revoked_time))
        .bind("standing_entry", row.standing_entry.value());
  } else {
    insertion.bind_null("revoked_time").bind_null("standing_entry");
  }
}

/// Puts in what is not there yet: an entry for all of them, and one for each that is revoked.
void insert_all(Connection& connection, ChainWriter& chain, std::vector<Record> rows) {
  if (rows.empty()) return;
  const std::int64_t entry = chain.append(import_entry(rows));
  for (Record& row : rows) {
    row.intent_entry = entry;
    row.issue_entry = entry;
    if (row.revoked_time) row.standing_entry = chain.append(revocation_entry(row));
  }
  const auto insertion = connection.prepare(k_insert_imported);
  const auto inserted = insertion->run_all(
      rows.size(),
      [&rows](Statement& statement, std::size_t which) { bind_row(statement, rows[which]); });
  for (const std::int64_t one : inserted) require_changed(one, 1);
}

void require_storable(const Imported& imported) {
  if (const auto why = find_unstorable(imported.certificate)) {
    throw Error(Errc::malformed,
                format("the certificate with serial {} cannot be put into the ledger: {}",
                       imported.certificate.serial().to_text(), *why));
  }
}

}  // namespace

std::vector<ImportOutcome> Ledger::record_imported(std::span<const Imported> imported,
                                                   const Author& author) {
  const Author stamped = m_data->dated(author);
  for (const Imported& one : imported) require_storable(one);
  std::vector<ImportOutcome> outcomes(imported.size(), ImportOutcome::already_there);
  if (imported.empty()) return outcomes;
  m_data->change(
      by_issuer(imported), stamped,
      [&](Connection& connection, ChainWriter& chain, IssuerId issuer, const Group& group) {
        std::vector<Record> rows;
        std::set<crypto::Sha256> among_these;
        const auto lookup = prepare_lookup(connection);
        for (const Item& item : group) {
          const crypto::Sha256& fingerprint = item.imported->certificate.fingerprint();
          const bool is_new =
              among_these.insert(fingerprint).second && !stands(*lookup, issuer, fingerprint);
          if (!is_new) {
            const bool revoke = item.imported->revocation.has_value();
            if (revoke && revoke_existing(connection, chain, *item.imported, stamped)) {
              outcomes[item.index] = ImportOutcome::now_revoked;
            }
            continue;
          }
          Imported one = *item.imported;
          const bool said = one.revocation.has_value();
          if (!said) {
            one.revocation = store::find_revocation(connection, issuer, one.certificate.serial(),
                                                    RevocationsTable::present);
          }
          outcomes[item.index] =
              !said && one.revocation ? ImportOutcome::recorded_revoked : ImportOutcome::recorded;
          rows.push_back(to_record(one, stamped));
        }
        insert_all(connection, chain, std::move(rows));
      });
  return outcomes;
}

bool Ledger::has_certificate(IssuerId issuer, const crypto::Sha256& fingerprint) const {
  return m_data->guard(
      [&] { return stands(*prepare_lookup(*m_data->connection), issuer, fingerprint); });
}

std::vector<x509::SerialNumber> Ledger::repeated_serials(IssuerId issuer) const {
  return m_data->guard([&] {
    const Transaction snapshot(*m_data->connection, Transaction::Kind::reading);
    std::vector<x509::SerialNumber> serials;
    const auto rows = m_data->prepare(
        "SELECT serial FROM certificates WHERE issuer = :issuer AND certificate IS NOT NULL "
        "GROUP BY serial HAVING count(*) > 1 ORDER BY serial");
    rows->bind("issuer", number(issuer));
    while (rows->step()) {
      const auto serial = x509::SerialNumber::parse(rows->text(0));
      if (!serial) throw DbError(DbErrc::corrupt, "column serial holds what it cannot");
      serials.push_back(*serial);
    }
    return serials;
  });
}

}  // namespace mtls::store
