#include "base/base64.hpp"
#include "base/format.hpp"
#include "base/process_identity.hpp"
#include "store/ledger_data.hpp"
#include "store/record_row.hpp"
#include "store/row_parts.hpp"
#include "store/standing.hpp"

#include <algorithm>
#include <map>

namespace mtls::store {
namespace {

constexpr std::string_view k_insert_intent = R"(
  INSERT INTO certificates (
    issuer, serial, state, origin, tbs, request_key, profile, profile_hash, subject, sans,
    not_before, not_after, spki_hash, crl_part, replaces, actor, host, pid, session, note,
    intent_time, changed_time, intent_entry)
  VALUES (
    :issuer, :serial, 'intent', 'issued', :tbs, :request_key, :profile, :profile_hash, :subject,
    :sans, :not_before, :not_after, :spki_hash, 0, :replaces, :actor, :host, :pid, :session, '',
    :time, :time, :entry)
  ON CONFLICT DO NOTHING)";

constexpr std::string_view k_pending_intents = R"(
  SELECT serial, host, pid, session, intent_time FROM certificates
  WHERE state = 'intent' AND intent_time > 0 AND issuer = :issuer)";

// The certificate holds the TBS from here on.
constexpr std::string_view k_complete = R"(
  UPDATE certificates
  SET state = 'issued', tbs = NULL, fingerprint = :fingerprint, certificate = :certificate,
      issued_time = :time, issue_entry = :entry,
      changed_time = CASE WHEN changed_time > :time THEN changed_time ELSE :time END
  WHERE issuer = :issuer AND serial = :serial AND origin = 'issued' AND state = 'intent')";

constexpr std::string_view k_state = R"(
  SELECT state FROM certificates
  WHERE issuer = :issuer AND serial = :serial AND origin = 'issued')";

constexpr std::string_view k_request_key = R"(
  SELECT 1 FROM certificates
  WHERE issuer = :issuer AND request_key = :request_key AND state IN ('intent', 'issued'))";

/// Binds the two columns that name a row.
Statement& bind_row(Statement& statement, IssuerId issuer, const x509::SerialNumber& serial) {
  return statement.bind("issuer", number(issuer)).bind("serial", serial.to_text());
}

std::optional<std::string> read_state(Connection& connection, IssuerId issuer,
                                      const x509::SerialNumber& serial) {
  const auto statement = connection.prepare(k_state);
  bind_row(*statement, issuer, serial);
  if (!statement->step()) return std::nullopt;
  return statement->text(0);
}

void require_text(std::string_view text, std::string_view what) {
  if (!is_storable(text)) {
    throw Error(Errc::malformed, format("the {} holds a NUL or is not UTF-8", what));
  }
}

/// Checks what may come from a person or a file, so that no engine has to refuse or cut it.
void require_texts(const Intent& intent) {
  if (intent.request_key) {
    require_text(*intent.request_key, "request key");
    if (intent.request_key->size() > k_request_key_limit) {
      throw Error(Errc::too_large,
                  format("the request key is longer than {} octets", k_request_key_limit));
    }
  }
  require_text(intent.profile, "profile's name");
  require_text(intent.subject, "subject");
  for (const std::string& san : intent.sans) require_text(san, "subject alternative name");
  require_text(intent.actor.actor, "actor");
  require_text(intent.actor.host, "name of this host");
  require_text(intent.actor.session, "session");
}

void bind_intent(Statement& statement, const Intent& intent) {
  bind_row(statement, intent.issuer, intent.serial)
      .bind("tbs", to_base64(intent.tbs))
      .bind_optional("request_key", intent.request_key)
      .bind("profile", intent.profile)
      .bind("profile_hash", to_hex(intent.profile_hash))
      .bind("subject", intent.subject)
      .bind("sans", join_sans(intent.sans))
      .bind("not_before", to_seconds(intent.validity.not_before))
      .bind("not_after", to_seconds(intent.validity.not_after))
      .bind("spki_hash", to_hex(intent.spki_hash))
      .bind("actor", intent.actor.actor)
      .bind("host", intent.actor.host)
      .bind("pid", intent.actor.pid)
      .bind("session", intent.actor.session)
      .bind("time", to_seconds(intent.time));
  if (intent.replaces) {
    statement.bind("replaces", intent.replaces->to_text());
  } else {
    statement.bind_null("replaces");
  }
}

void take_over(Connection& connection, ChainWriter& chain, const Intent& intent) {
  const x509::SerialNumber& dead = *intent.replaces_intent;
  const auto was = change_standing(connection, chain, intent.issuer, dead,
                                   {.from = {State::intent},
                                    .to = State::unknown,
                                    .action = LogAction::unknown,
                                    .note = format("taken over by {}", intent.serial.to_text()),
                                    .time = intent.time});
  if (was == State::intent) return;
  throw Error(Errc::intent_live,
              format("the intent for serial {} is not pending any more: another process has "
                     "completed it or taken it over",
                     dead.to_text()),
              "run the same command again");
}

/// Whether a process may still complete the intent of the statement's row.
bool is_pending(const Statement& row, UnixTime now, std::chrono::seconds pending) {
  switch (liveness({.host = row.text(1), .pid = row.integer(2), .session = row.text(3)})) {
    case Liveness::dead:
      return false;
    case Liveness::alive:
      return true;
    case Liveness::elsewhere:
      break;
  }
  return to_time(row.integer(4)) > now - pending;
}

/// Intents that nobody will complete become `unknown`: maybe signed, never released.
void settle_dead_intents(Connection& connection, ChainWriter& chain, IssuerId issuer, UnixTime now,
                         std::chrono::seconds pending) {
  std::vector<x509::SerialNumber> dead;
  const auto intents = connection.prepare(k_pending_intents);
  intents->bind("issuer", number(issuer));
  while (intents->step()) {
    if (is_pending(*intents, now, pending)) continue;
    const auto serial = x509::SerialNumber::parse(intents->text(0));
    if (!serial) throw DbError(DbErrc::corrupt, "column serial holds what it cannot");
    dead.push_back(*serial);
  }
  for (const x509::SerialNumber& serial : dead) {
    change_standing(connection, chain, issuer, serial,
                    {.from = {State::intent},
                     .to = State::unknown,
                     .action = LogAction::unknown,
                     .note = "the process that recorded it ended",
                     .time = now});
  }
}

/// The intent that was to be completed does not stand any more.
Error not_standing(Connection& connection, const Issued& one) {
  const auto state = read_state(connection, one.issuer, one.serial);
  if (state == name(State::intent)) require_changed(0, 1);
  return {Errc::revoked_meanwhile,
          format("the intent for serial {} does not stand any more (it is {})",
                 one.serial.to_text(), state ? *state : "not in the ledger"),
          "the certificate was not released; run the same command again for a new one"};
}

bool is_used(Connection& connection, IssuerId issuer, const std::string& request_key) {
  const auto row = connection.prepare(k_request_key);
  row->bind("issuer", number(issuer)).bind("request_key", request_key);
  return row->step();
}

/// Tells which of the two unique indexes refused an intent. Throws DbError where neither did.
Error conflict(Connection& connection, const Intent& intent) {
  if (read_state(connection, intent.issuer, intent.serial)) {
    return {Errc::serial_conflict,
            format("the serial {} is in the ledger already", intent.serial.to_text()),
            "run the same command again; should it happen twice, the random numbers of this "
            "machine are not random"};
  }
  if (!intent.request_key || !is_used(connection, intent.issuer, *intent.request_key)) {
    throw DbError(DbErrc::unique, "an index that is not mtlsctl's allows no such row");
  }
  return {Errc::request_key_used, "the request key was used already",
          "'mtlsctl cert list' shows what was issued for it"};
}

void shift(Intent& intent, std::chrono::seconds by) { intent.time += by; }
void shift(Issued& issued, std::chrono::seconds by) { issued.author.time += by; }

/// Items with the ledger's time; copies only where that is another than this machine's.
template <class Item>
class Dated final {
 public:
  Dated(std::span<const Item> given, std::chrono::seconds offset) : m_items(given) {
    if (offset == std::chrono::seconds::zero()) return;
    m_copies.assign(given.begin(), given.end());
    for (Item& item : m_copies) shift(item, offset);
    m_items = m_copies;
  }
  [[nodiscard]] std::span<const Item> items() const noexcept { return m_items; }

 private:
  std::vector<Item> m_copies;
  std::span<const Item> m_items;
};

/// Items of one issuer, in the order in which they were given.
template <class Item>
using Group = std::vector<const Item*>;

/// One group an issuer, in the order of the issuers' numbers: the order in which every writer takes
/// their logs.
template <class Item>
std::map<IssuerId, Group<Item>> by_issuer(std::span<const Item> items) {
  std::map<IssuerId, Group<Item>> groups;
  for (const Item& item : items) groups[item.issuer].push_back(&item);
  return groups;
}

template <class Item, class Part>
LogSubject batch_entry(LogAction action, const Group<Item>& group, const Part& part) {
  std::vector<Leaf> leaves;
  leaves.reserve(group.size());
  for (const Item* one : group) leaves.push_back({one->serial.to_text(), part(*one)});
  return {.action = action,
          .serial = group.size() == 1 ? std::optional(group.front()->serial) : std::nullopt,
          .content = batch_root(std::move(leaves)),
          .count = static_cast<std::int64_t>(group.size())};
}

LogSubject intent_entry(const Group<Intent>& group) {
  LogSubject entry = batch_entry<Intent>(LogAction::intent, group,
                                         [](const Intent& intent) { return intent_part(intent); });
  const Intent& first = *group.front();
  const bool uniform = std::all_of(group.begin(), group.end(), [&first](const Intent* one) {
    return one->profile_hash == first.profile_hash && one->profile == first.profile;
  });
  if (uniform) {
    entry.profile = first.profile;
    entry.profile_hash = to_hex(first.profile_hash);
  }
  return entry;
}

LogSubject issue_entry(const Group<Issued>& group) {
  return batch_entry<Issued>(LogAction::issue, group,
                             [](const Issued& issued) { return issue_part(issued); });
}

void insert_intents(Connection& connection, ChainWriter& chain, const Group<Intent>& group) {
  const std::int64_t entry = chain.append(intent_entry(group));
  const auto insertion = connection.prepare(k_insert_intent);
  insertion->bind("entry", entry);
  for (const Intent* intent : group) {
    if (intent->replaces_intent) take_over(connection, chain, *intent);
  }
  const auto inserted = insertion->run_all(
      group.size(),
      [&](Statement& statement, std::size_t row) { bind_intent(statement, *group[row]); });
  for (std::size_t row = 0; row < group.size(); ++row) {
    if (inserted[row] == 0) throw conflict(connection, *group[row]);
  }
}

/// Throws revoked_meanwhile where one of them does not stand any more.
void complete_all(Connection& connection, ChainWriter& chain, const Group<Issued>& group) {
  const std::int64_t entry = chain.append(issue_entry(group));
  const auto completion = connection.prepare(k_complete);
  completion->bind("entry", entry);
  const auto completed =
      completion->run_all(group.size(), [&](Statement& statement, std::size_t row) {
        const Issued& one = *group[row];
        bind_row(statement, one.issuer, one.serial)
            .bind("fingerprint", to_hex(one.fingerprint))
            .bind("certificate", to_base64(one.certificate))
            .bind("time", to_seconds(one.author.time));
      });
  for (std::size_t row = 0; row < group.size(); ++row) {
    const Issued& one = *group[row];
    if (completed[row] != 1) throw not_standing(connection, one);
    if (one.use == Issued::Use::own_certificate) {
      insert_ca_certificate(
          connection, chain, one.issuer,
          {.serial = one.serial, .fingerprint = one.fingerprint, .der = one.certificate});
    }
  }
}

}  // namespace

void Ledger::record_intents(std::span<const Intent> intents) {
  if (intents.empty()) return;
  const Dated<Intent> dated(intents, m_data->clock_offset(intents.front().time));
  const std::span<const Intent> stamped = dated.items();
  for (const Intent& intent : stamped) require_texts(intent);
  m_data->change(
      by_issuer(stamped), stamped.front().author(),
      [&](Connection& connection, ChainWriter& chain, IssuerId issuer, const Group<Intent>& group) {
        insert_intents(connection, chain, group);
        settle_dead_intents(connection, chain, issuer, group.front()->time, m_data->intent_pending);
      });
}

void Ledger::record_issued(std::span<const Issued> issued) {
  if (issued.empty()) return;
  const Dated<Issued> dated(issued, m_data->clock_offset(issued.front().author.time));
  const std::span<const Issued> stamped = dated.items();
  m_data->change(by_issuer(stamped), stamped.front().author,
                 [](Connection& connection, ChainWriter& chain, IssuerId /*issuer*/,
                    const Group<Issued>& group) { complete_all(connection, chain, group); });
}

void Ledger::record_issued_revoked(std::span<const Issued> issued, std::string_view note) {
  require_text(note, "note");
  if (issued.empty()) return;
  const Dated<Issued> dated(issued, m_data->clock_offset(issued.front().author.time));
  const std::span<const Issued> stamped = dated.items();
  m_data->change(by_issuer(stamped), stamped.front().author,
                 [note](Connection& connection, ChainWriter& chain, IssuerId issuer,
                        const Group<Issued>& group) {
                   complete_all(connection, chain, group);
                   for (const Issued* one : group) {
                     change_standing(connection, chain, issuer, one->serial,
                                     {.from = {State::issued},
                                      .to = State::revoked,
                                      .action = LogAction::revoke,
                                      .note = std::string(note),
                                      .time = one->author.time});
                   }
                 });
}

void Ledger::burn_intent(IssuerId issuer, const x509::SerialNumber& serial, std::string_view note,
                         const Author& author) {
  require_text(note, "note");
  const Author stamped = m_data->dated(author);
  const std::map<IssuerId, x509::SerialNumber> row{{issuer, serial}};
  std::optional<State> was;
  m_data->change(row, stamped,
                 [&](Connection& connection, ChainWriter& chain, IssuerId of,
                     const x509::SerialNumber& which) {
                   was = change_standing(connection, chain, of, which,
                                         {.from = {State::intent, State::unknown},
                                          .to = State::burnt,
                                          .action = LogAction::burn,
                                          .note = std::string(note),
                                          .time = stamped.time});
                 });
  if (!was) {
    throw Error(Errc::not_in_ledger,
                format("the ledger has no intent for serial {}", serial.to_text()));
  }
  if (*was == State::issued) {
    throw Error(
        Errc::internal,
        format("the certificate with serial {} is issued and cannot be burnt", serial.to_text()));
  }
}

}  // namespace mtls::store
