#include "base/base64.hpp"
#include "base/format.hpp"
#include "base/process_identity.hpp"
#include "store/ledger_data.hpp"
#include "store/record_row.hpp"

#include <algorithm>

namespace mtls::store {
namespace {

constexpr std::string_view k_insert_intent = R"(
  INSERT INTO certificates (
    issuer, serial, state, origin, tbs, request_key, profile, profile_hash, subject, sans,
    not_before, not_after, spki_hash, crl_part, replaces, actor, host, pid, session, note,
    intent_time, changed_time)
  VALUES (
    :issuer, :serial, 'intent', 'issued', :tbs, :request_key, :profile, :profile_hash, :subject,
    :sans, :not_before, :not_after, :spki_hash, 0, :replaces, :actor, :host, :pid, :session, '',
    :time, :time)
  ON CONFLICT DO NOTHING)";

constexpr std::string_view k_take_over = R"(
  UPDATE certificates
  SET state = 'unknown', note = :note,
      changed_time = CASE WHEN changed_time > :time THEN changed_time ELSE :time END
  WHERE issuer = :issuer AND serial = :serial AND origin = 'issued' AND state = 'intent')";

constexpr std::string_view k_pending_intents = R"(
  SELECT id, host, pid, session, intent_time FROM certificates
  WHERE state = 'intent' AND intent_time > 0 ORDER BY id)";

constexpr std::string_view k_settle = R"(
  UPDATE certificates
  SET state = 'unknown', note = 'the process that recorded it ended',
      changed_time = CASE WHEN changed_time > :time THEN changed_time ELSE :time END
  WHERE id = :id AND state = 'intent')";

// The certificate holds the TBS from here on.
constexpr std::string_view k_complete = R"(
  UPDATE certificates
  SET state = 'issued', tbs = NULL, fingerprint = :fingerprint, certificate = :certificate,
      issued_time = :time,
      changed_time = CASE WHEN changed_time > :time THEN changed_time ELSE :time END
  WHERE issuer = :issuer AND serial = :serial AND origin = 'issued' AND state = 'intent')";

constexpr std::string_view k_complete_revoked = R"(
  UPDATE certificates
  SET state = 'revoked', tbs = NULL, fingerprint = :fingerprint, certificate = :certificate,
      note = :note, issued_time = :time, revoked_time = :time,
      changed_time = CASE WHEN changed_time > :time THEN changed_time ELSE :time END
  WHERE issuer = :issuer AND serial = :serial AND origin = 'issued' AND state = 'intent')";

constexpr std::string_view k_burn = R"(
  UPDATE certificates SET state = 'burnt', note = :note
  WHERE issuer = :issuer AND serial = :serial AND origin = 'issued'
    AND state IN ('intent', 'unknown'))";

constexpr std::string_view k_state = R"(
  SELECT state FROM certificates
  WHERE issuer = :issuer AND serial = :serial AND origin = 'issued')";

std::int64_t number(IssuerId issuer) noexcept { return static_cast<std::int64_t>(issuer); }

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

/// Whether this very intent, and no other with its serial, stands in the ledger.
bool is_recorded(Connection& connection, const Intent& intent) {
  const auto statement = connection.prepare(
      "SELECT 1 FROM certificates WHERE issuer = :issuer AND serial = :serial "
      "AND origin = 'issued' AND session = :session AND pid = :pid");
  bind_row(*statement, intent.issuer, intent.serial)
      .bind("session", intent.actor.session)
      .bind("pid", intent.actor.pid);
  return statement->step();
}

bool is_recorded(Connection& connection, const Issued& issued) {
  const auto statement = connection.prepare(
      "SELECT 1 FROM certificates WHERE issuer = :issuer AND serial = :serial "
      "AND origin = 'issued' AND fingerprint = :fingerprint");
  bind_row(*statement, issued.issuer, issued.serial)
      .bind("fingerprint", to_hex(issued.fingerprint));
  return statement->step();
}

/// Whether all of it is: it was one transaction.
template <class Records>
bool are_recorded(Connection& connection, const Records& records) {
  return std::all_of(records.begin(), records.end(),
                     [&](const auto& one) { return is_recorded(connection, one); });
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

void take_over(Connection& connection, const Intent& intent) {
  const x509::SerialNumber& dead = *intent.replaces_intent;
  const auto statement = connection.prepare(k_take_over);
  bind_row(*statement, intent.issuer, dead)
      .bind("note", format("taken over by {}", intent.serial.to_text()))
      .bind("time", to_seconds(intent.time));
  if (statement->run() == 1) return;
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
  return now - to_time(row.integer(4)) < pending;
}

/// Intents that nobody will complete become `unknown`: maybe signed, never released. In the order
/// of their ids: two that do it at once must not wait for each other.
void settle_dead_intents(Connection& connection, UnixTime now, std::chrono::seconds pending) {
  std::vector<std::int64_t> dead;
  const auto intents = connection.prepare(k_pending_intents);
  while (intents->step()) {
    if (!is_pending(*intents, now, pending)) dead.push_back(intents->integer(0));
  }
  for (const std::int64_t id : dead) {
    connection.prepare(k_settle)->bind("id", id).bind("time", to_seconds(now)).run();
  }
}

/// The intent that should be completed does not stand any more.
Error not_standing(Connection& connection, const Issued& one) {
  const auto state = read_state(connection, one.issuer, one.serial);
  return {Errc::revoked_meanwhile,
          format("the intent for serial {} does not stand any more (it is {})",
                 one.serial.to_text(), state ? *state : "not in the ledger"),
          "the certificate was not released; run the same command again for a new one"};
}

/// Runs `completion` for all intents; throws revoked_meanwhile where one does not stand any more.
void complete(Connection& connection, Statement& completion, std::span<const Issued> issued) {
  const auto completed =
      completion.run_all(issued.size(), [&](Statement& statement, std::size_t row) {
        const Issued& one = issued[row];
        bind_row(statement, one.issuer, one.serial)
            .bind("fingerprint", to_hex(one.fingerprint))
            .bind("certificate", to_base64(one.certificate))
            .bind("time", to_seconds(one.time));
      });
  for (std::size_t row = 0; row < issued.size(); ++row) {
    const Issued& one = issued[row];
    if (completed[row] != 1) throw not_standing(connection, one);
    if (one.use == Issued::Use::own_certificate) {
      insert_ca_certificate(connection, one.issuer, one.fingerprint, one.certificate);
    }
  }
}

/// Tells which of the two unique indexes refused an intent.
Error conflict(Connection& connection, const Intent& intent) {
  if (read_state(connection, intent.issuer, intent.serial)) {
    return {Errc::serial_conflict,
            format("the serial {} is in the ledger already", intent.serial.to_text()),
            "run the same command again; should it happen twice, the random numbers of this "
            "machine are not random"};
  }
  return {Errc::request_key_used, "the request key was used already",
          "'mtlsctl cert list' shows what was issued for it"};
}

}  // namespace

void Ledger::record_intents(std::span<const Intent> intents) {
  if (intents.empty()) return;
  for (const Intent& intent : intents) require_texts(intent);
  const auto change = [&] {
    Transaction transaction(*m_data->connection, Transaction::Kind::writing);
    const auto insertion = m_data->prepare(k_insert_intent);
    for (const Intent& intent : intents) {
      if (intent.replaces_intent) take_over(*m_data->connection, intent);
    }
    const auto inserted = insertion->run_all(
        intents.size(),
        [&](Statement& statement, std::size_t row) { bind_intent(statement, intents[row]); });
    for (std::size_t row = 0; row < intents.size(); ++row) {
      if (inserted[row] == 0) throw conflict(*m_data->connection, intents[row]);
    }
    settle_dead_intents(*m_data->connection, intents.front().time, m_data->intent_pending);
    transaction.commit();
  };
  m_data->guard(
      [&] { m_data->settle(change, [&] { return are_recorded(*m_data->connection, intents); }); });
}

void Ledger::record_issued(std::span<const Issued> issued) {
  if (issued.empty()) return;
  const auto change = [&] {
    Transaction transaction(*m_data->connection, Transaction::Kind::writing);
    const auto completion = m_data->prepare(k_complete);
    complete(*m_data->connection, *completion, issued);
    transaction.commit();
  };
  m_data->guard(
      [&] { m_data->settle(change, [&] { return are_recorded(*m_data->connection, issued); }); });
}

void Ledger::record_issued_revoked(std::span<const Issued> issued, std::string_view note) {
  require_text(note, "note");
  if (issued.empty()) return;
  const auto change = [&] {
    Transaction transaction(*m_data->connection, Transaction::Kind::writing);
    const auto completion = m_data->prepare(k_complete_revoked);
    completion->bind("note", note);
    complete(*m_data->connection, *completion, issued);
    transaction.commit();
  };
  m_data->guard(
      [&] { m_data->settle(change, [&] { return are_recorded(*m_data->connection, issued); }); });
}

void Ledger::burn_intent(IssuerId issuer, const x509::SerialNumber& serial, std::string_view note) {
  require_text(note, "note");
  m_data->guard([&] {
    Transaction transaction(*m_data->connection, Transaction::Kind::writing);
    const auto burning = m_data->prepare(k_burn);
    bind_row(*burning, issuer, serial).bind("note", note);
    if (burning->run() == 0) {
      const auto state = read_state(*m_data->connection, issuer, serial);
      if (!state) {
        throw Error(Errc::not_in_ledger,
                    format("the ledger has no intent for serial {}", serial.to_text()));
      }
      if (*state == name(State::issued)) {
        throw Error(Errc::internal,
                    format("the certificate with serial {} is issued and cannot be burnt",
                           serial.to_text()));
      }
      return;
    }
    transaction.commit();
  });
}

}  // namespace mtls::store
