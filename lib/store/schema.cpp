#include "store/schema.hpp"

#include "store/chain.hpp"
#include "store/commit.hpp"
#include "store/log_filling.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mtls::store {
namespace {

// Written for SQLite; store/dialect.hpp says what becomes of it in PostgreSQL. Types are named so
// that both read them as meant. Octets are base64, digests hex, times Unix seconds.

constexpr std::string_view k_meta = R"(
  CREATE TABLE meta (
    one smallint PRIMARY KEY CHECK (one = 1),
    schema_version bigint NOT NULL,
    ledger_id text NOT NULL
  ))";

constexpr std::string_view k_issuers = R"(
  CREATE TABLE issuers (
    issuer bigint PRIMARY KEY,
    subject_der text NOT NULL,
    spki_hash text NOT NULL,
    UNIQUE (spki_hash, subject_der)
  ))";

constexpr std::string_view k_ca_certificates = R"(
  CREATE TABLE ca_certificates (
    issuer bigint NOT NULL REFERENCES issuers (issuer),
    fingerprint text NOT NULL,
    certificate text NOT NULL,
    PRIMARY KEY (issuer, fingerprint)
  ))";

// tbs stands while there is no certificate, which holds it. changed_time is the newest of the row's
// times. replaces is a serial of the same issuer.
constexpr std::string_view k_certificates = R"(
  CREATE TABLE certificates (
    id integer PRIMARY KEY,
    issuer bigint NOT NULL REFERENCES issuers (issuer),
    serial text NOT NULL,
    state text NOT NULL CHECK (state IN ('intent', 'issued', 'revoked', 'unknown', 'burnt')),
    origin text NOT NULL CHECK (origin IN ('issued', 'imported')),
    tbs text,
    request_key text,
    profile text NOT NULL,
    profile_hash text NOT NULL,
    subject text NOT NULL,
    sans text NOT NULL,
    not_before bigint NOT NULL,
    not_after bigint NOT NULL,
    fingerprint text,
    spki_hash text NOT NULL,
    certificate text,
    crl_part bigint NOT NULL,
    replaces text,
    actor text NOT NULL,
    host text NOT NULL,
    pid bigint NOT NULL,
    session text NOT NULL,
    note text NOT NULL,
    intent_time bigint NOT NULL,
    issued_time bigint,
    revoked_time bigint,
    changed_time bigint NOT NULL,
    CHECK (tbs IS NOT NULL OR certificate IS NOT NULL),
    CHECK (state <> 'issued' OR (certificate IS NOT NULL AND fingerprint IS NOT NULL))
  ))";

constexpr std::string_view k_unique_serial = R"(
  CREATE UNIQUE INDEX certificates_issued_serial ON certificates (issuer, serial)
    WHERE origin = 'issued')";

constexpr std::string_view k_unique_request_key = R"(
  CREATE UNIQUE INDEX certificates_request_key ON certificates (issuer, request_key)
    WHERE request_key IS NOT NULL AND state IN ('intent', 'issued'))";

// Imported ones included, of every issuer.
constexpr std::string_view k_by_serial = R"(
  CREATE INDEX certificates_serial ON certificates (serial, issuer))";

constexpr std::string_view k_by_key = R"(
  CREATE INDEX certificates_key ON certificates (spki_hash, issuer))";

constexpr std::string_view k_by_fingerprint = R"(
  CREATE INDEX certificates_fingerprint ON certificates (fingerprint)
    WHERE fingerprint IS NOT NULL)";

// The few that are under way, or were cut short.
constexpr std::string_view k_by_intent = R"(
  CREATE INDEX certificates_intent ON certificates (intent_time) WHERE state = 'intent')";

// The order of lists; id decides between equals, so that pages lose none.
constexpr std::string_view k_by_end = R"(
  CREATE INDEX certificates_end ON certificates (not_after, serial, id))";

constexpr std::string_view k_by_change = R"(
  CREATE INDEX certificates_change ON certificates (changed_time))";

// Version 2: the log. NULL in intent_entry is what a row of version 1 has until the log was filled;
// no row has it after.
constexpr std::string_view k_log_heads = R"(
  CREATE TABLE log_heads (
    issuer bigint PRIMARY KEY REFERENCES issuers (issuer),
    seq bigint NOT NULL,
    hash text NOT NULL
  ))";

constexpr std::string_view k_log_entries = R"(
  CREATE TABLE log_entries (
    issuer bigint NOT NULL REFERENCES issuers (issuer),
    seq bigint NOT NULL,
    time bigint NOT NULL,
    actor text NOT NULL,
    host text NOT NULL,
    action text NOT NULL,
    serial text,
    profile text NOT NULL,
    profile_hash text NOT NULL,
    content text NOT NULL,
    row_count bigint NOT NULL,
    note text NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (issuer, seq)
  ))";

// The few that somebody answered for.
constexpr std::string_view k_by_acceptance = R"(
  CREATE INDEX log_acceptances ON log_entries (issuer, serial) WHERE action = 'accept_clock')";

constexpr std::string_view k_intent_entry =
    "ALTER TABLE certificates ADD COLUMN intent_entry bigint";
constexpr std::string_view k_issue_entry = "ALTER TABLE certificates ADD COLUMN issue_entry bigint";
constexpr std::string_view k_standing_entry =
    "ALTER TABLE certificates ADD COLUMN standing_entry bigint";

// Version 3: entries that revoke say which row they are about, losses can be accepted. The index is
// for what is imported: was its serial revoked here before?
constexpr std::string_view k_by_revocation = R"(
  CREATE INDEX log_revocations ON log_entries (issuer, serial) WHERE action = 'revoke')";

// Version 4: what is revoked although the ledger has no certificate for it (an index or a CRL lists
// the serial): `not_after` where it is known, `reason` a word of RFC 5280, section 5.3.1 (empty:
// none was given), `entry` the entry of the log that records it. And an index for the entries that
// decide the status of a serial, in order; it replaces the one of version 3, which had no order and
// was not used.
constexpr std::string_view k_revocations = R"(
  CREATE TABLE revocations (
    issuer bigint NOT NULL REFERENCES issuers (issuer),
    serial text NOT NULL,
    not_after bigint,
    time bigint NOT NULL,
    reason text NOT NULL,
    invalid_since bigint,
    entry bigint NOT NULL,
    PRIMARY KEY (issuer, serial)
  ))";
constexpr std::string_view k_no_by_revocation = "DROP INDEX IF EXISTS log_revocations";
constexpr std::string_view k_by_status = R"(
  CREATE INDEX log_status ON log_entries (issuer, serial, seq)
    WHERE action IN ('revoke', 'unhold'))";

// The few CRLs, whose highest number is looked for.
constexpr std::string_view k_by_crl = R"(
  CREATE INDEX log_crls ON log_entries (issuer, seq) WHERE action = 'crl')";

// Version 5: which certificates replace another, looked up by the one that they replace.
constexpr std::string_view k_by_replaced = R"(
  CREATE INDEX certificates_replaces ON certificates (issuer, replaces)
    WHERE replaces IS NOT NULL)";

void apply(Connection& connection, const Migration& step) {
  for (const std::string_view statement : step.statements) connection.define(statement);
}

std::vector<Table::Column> certificate_columns() {
  constexpr auto k_integer = Table::Kind::integer;
  constexpr auto k_text = Table::Kind::text;
  return {{"id", k_integer},
          {"issuer", k_integer},
          {"serial", k_text},
          {"state", k_text},
          {"origin", k_text},
          {"tbs", k_text},
          {"request_key", k_text},
          {"profile", k_text},
          {"profile_hash", k_text},
          {"subject", k_text},
          {"sans", k_text},
          {"not_before", k_integer},
          {"not_after", k_integer},
          {"fingerprint", k_text},
          {"spki_hash", k_text},
          {"certificate", k_text},
          {"crl_part", k_integer},
          {"replaces", k_text},
          {"actor", k_text},
          {"host", k_text},
          {"pid", k_integer},
          {"session", k_text},
          {"note", k_text},
          {"intent_time", k_integer},
          {"issued_time", k_integer},
          {"revoked_time", k_integer},
          {"changed_time", k_integer},
          {"intent_entry", k_integer},
          {"issue_entry", k_integer},
          {"standing_entry", k_integer}};
}

}  // namespace

std::span<const Migration> migrations() {
  static const std::array<Migration, 5> steps{
      Migration{.version = 1,
                .statements = {k_meta, k_issuers, k_ca_certificates, k_certificates,
                               k_unique_serial, k_unique_request_key, k_by_serial, k_by_key,
                               k_by_fingerprint, k_by_intent, k_by_end, k_by_change}},
      Migration{.version = 2,
                .statements = {k_log_heads, k_log_entries, k_by_acceptance, k_intent_entry,
                               k_issue_entry, k_standing_entry},
                .fill = fill_logs},
      Migration{.version = 3, .statements = {k_by_revocation}, .fill = commit_to_imported_standing},
      Migration{.version = k_revocations_schema,
                .statements = {k_revocations, k_no_by_revocation, k_by_status, k_by_crl},
                .fill = note_revocations_table},
      Migration{.version = 5, .statements = {k_by_replaced}}};
  return steps;
}

std::span<const Table> ledger_tables() {
  constexpr auto k_integer = Table::Kind::integer;
  constexpr auto k_text = Table::Kind::text;
  static const std::array<Table, 6> tables{
      Table{.name = "issuers",
            .columns = {{"issuer", k_integer}, {"subject_der", k_text}, {"spki_hash", k_text}},
            .order = "issuer"},
      Table{.name = "ca_certificates",
            .columns = {{"issuer", k_integer}, {"fingerprint", k_text}, {"certificate", k_text}},
            .order = "issuer, fingerprint"},
      Table{.name = "certificates",
            .columns = certificate_columns(),
            .order = "id",
            .ids = Table::Ids::own},
      Table{.name = "log_heads",
            .columns = {{"issuer", k_integer}, {"seq", k_integer}, {"hash", k_text}},
            .order = "issuer"},
      Table{.name = "log_entries",
            .columns = {{"issuer", k_integer},
                        {"seq", k_integer},
                        {"time", k_integer},
                        {"actor", k_text},
                        {"host", k_text},
                        {"action", k_text},
                        {"serial", k_text},
                        {"profile", k_text},
                        {"profile_hash", k_text},
                        {"content", k_text},
                        {"row_count", k_integer},
                        {"note", k_text},
                        {"previous", k_text},
                        {"hash", k_text}},
            .order = "issuer, seq"},
      Table{.name = "revocations",
            .columns = {{"issuer", k_integer},
                        {"serial", k_text},
                        {"not_after", k_integer},
                        {"time", k_integer},
                        {"reason", k_text},
                        {"invalid_since", k_integer},
                        {"entry", k_integer}},
            .order = "issuer, serial"},
  };
  return tables;
}

Meta read_meta(Connection& connection) {
  const auto statement = connection.prepare("SELECT schema_version, ledger_id FROM meta");
  if (!statement->step()) throw DbError(DbErrc::corrupt, "the table meta is empty");
  return {.schema_version = statement->integer(0), .ledger_id = statement->text(1)};
}

void create_schema(Connection& connection, std::span<const Migration> steps,
                   const std::string& ledger_id) {
  for (const Migration& step : steps) apply(connection, step);
  const std::int64_t inserted =
      connection
          .prepare("INSERT INTO meta (one, schema_version, ledger_id) VALUES (1, :version, :id)")
          ->bind("version", steps.back().version)
          .bind("id", ledger_id)
          .run();
  require_changed(inserted, 1);
}

namespace {

using Heads = std::vector<std::pair<IssuerId, LogHead>>;

/// Where the logs end, with the entries of a migration that is not committed yet.
Heads read_heads(Connection& connection) {
  Heads heads;
  const auto rows = connection.prepare("SELECT issuer FROM issuers ORDER BY issuer");
  while (rows->step()) heads.emplace_back(IssuerId{rows->integer(0)}, LogHead{});
  for (auto& [issuer, head] : heads) head = read_sound_log_head(connection, issuer);
  return heads;
}

bool is_brought_up(Connection& connection, const Meta& meta, const Heads& heads) {
  const Meta now = read_meta(connection);
  return now.schema_version == meta.schema_version && now.ledger_id == meta.ledger_id &&
         std::all_of(heads.begin(), heads.end(), [&connection](const auto& head) {
           return has_entry(connection, head.first, head.second);
         });
}

}  // namespace

Meta migrate(Connection& connection, std::span<const Migration> steps, const Author& author) {
  Transaction transaction(connection, Transaction::Kind::exclusive);
  // Read again under the lock: somebody else may have done it meanwhile.
  Meta meta = read_meta(connection);
  bool has_entries = false;
  for (const Migration& step : steps) {
    if (step.version <= meta.schema_version) continue;
    apply(connection, step);
    if (step.fill != nullptr) step.fill(connection, author);
    has_entries = has_entries || step.fill != nullptr;
    meta.schema_version = step.version;
  }
  require_changed(connection.prepare("UPDATE meta SET schema_version = :version")
                      ->bind("version", meta.schema_version)
                      .run(),
                  1);
  const Heads heads = has_entries ? read_heads(connection) : Heads{};
  commit_or_look_up(connection, transaction, Transaction::Kind::exclusive,
                    [&] { return is_brought_up(connection, meta, heads); });
  return meta;
}

}  // namespace mtls::store
