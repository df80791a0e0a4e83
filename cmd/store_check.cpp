#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/process_identity.hpp"
#include "base/time_text.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/input_file.hpp"
#include "cmd/log_view.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  std::vector<Path> files;
};

/// An intent that was not completed, and what became of the run that recorded it.
struct OpenIntent {
  store::Record record;
  std::string explanation;
};

/// A certificate in a file that the ledger does not have.
struct Unrecorded {
  std::string file;
  std::string serial;
  std::string subject;
};

struct Checked {
  store::AuditReport audit;
  std::vector<OpenIntent> intents;
  std::vector<Unrecorded> unrecorded;
  std::int64_t files = 0;
  authority::SeenState seen;
  bool knows_ca = true;
};

std::string explain(const store::Record& record, UnixTime now, std::chrono::seconds pending) {
  if (record.state == store::State::unknown) {
    return format(
        "the run that recorded it did not end as it should: a signature may have been made, "
        "mtlsctl "
        "released none; the serial is not used again ({})",
        printable(record.note));
  }
  switch (liveness({record.actor.host, record.actor.pid, record.actor.session})) {
    case Liveness::alive:
      return "being issued right now by a process of this machine";
    case Liveness::dead:
      return "the process that recorded it is gone; it becomes 'unknown' when something is issued "
             "next";
    case Liveness::elsewhere:
      break;
  }
  const std::string host = printable(record.actor.host);
  if (now - record.intent_time < pending) {
    return format("being issued by {}, which cannot be looked at from here", host);
  }
  return format(
      "recorded by {} and not completed in time; it becomes 'unknown' when something is "
      "issued next",
      host);
}

void list_intents(const store::Ledger& ledger, UnixTime now, Checked& checked) {
  for (const store::State state : {store::State::intent, store::State::unknown}) {
    store::Query query;
    query.state = state;
    ledger.list(query, [&](const store::Record& record) {
      checked.intents.push_back({record, explain(record, now, ledger.intent_pending())});
      return store::Continue::yes;
    });
  }
}

void check_file(const Path& file, const store::Ledger& ledger, Checked& checked) {
  const SecretBytes content = read_input(file);
  ++checked.files;
  for (const x509::Certificate& certificate :
       x509::read_certificates(content.view(), shown_input(file), x509::KeysBeside::allow)) {
    if (ledger.find_by_fingerprint(certificate.fingerprint())) continue;
    checked.unrecorded.push_back(
        {shown_input(file), certificate.serial().to_text(), certificate.subject().to_text()});
  }
}

Checked check(const Options& options, const authority::CaDirectory& ca, const store::Ledger& ledger,
              Session& session) {
  Checked checked;
  checked.audit = ledger.check_rows(session.openssl(ossl::Configuration::openssl));
  const std::int64_t rows = checked.audit.rows;
  for (const store::IssuerId issuer : ledger.issuers()) {
    checked.audit.merge(ledger.verify_log(issuer));
  }
  checked.audit.rows = rows;  // the log's verification passes over the same
  checked.seen = ca.compare_seen(ledger);
  checked.knows_ca = ca.find_issuer(ledger).has_value();
  list_intents(ledger, session.clock().now(), checked);
  for (const Path& file : options.files) check_file(file, ledger, checked);
  return checked;
}

void print_json(const Checked& checked, const std::string& shown, ExitCode code,
                const Session& session) {
  Json document = session.document();
  document["store"] = shown;
  document["sound"] = code == ExitCode::ok;
  document["entries"] = checked.audit.entries;
  document["rows"] = checked.audit.rows;
  document["rolled_back"] = checked.seen.verdict == authority::SeenVerdict::not_held;
  document["seen"] = name(checked.seen.verdict);
  document["knows_ca"] = checked.knows_ca;
  document["findings"] = findings_json(checked.audit);
  document["found"] = checked.audit.found;
  document["intents"] = Json::array();
  for (const OpenIntent& intent : checked.intents) {
    document["intents"].push_back({{"serial", intent.record.serial.to_text()},
                                   {"state", name(intent.record.state)},
                                   {"subject", intent.record.subject},
                                   {"begun_at", to_rfc3339(intent.record.intent_time)},
                                   {"explanation", intent.explanation}});
  }
  document["files"] = checked.files;
  document["unrecorded"] = Json::array();
  for (const Unrecorded& one : checked.unrecorded) {
    document["unrecorded"].push_back(
        {{"file", one.file}, {"serial", one.serial}, {"subject", one.subject}});
  }
  session.print(document);
}

void print_text(const Checked& checked, const std::string& shown, ExitCode code,
                const Session& session) {
  std::string text = format("{}: {}: {} certificates, {} log entries\n",
                            code == ExitCode::ok ? "sound" : "not sound", shown, checked.audit.rows,
                            checked.audit.entries);
  text += seen_text(checked.seen);
  if (!checked.knows_ca) {
    text += format("  error: the ledger knows nothing of this CA (unknown_ca)\n    hint: {}\n",
                   authority::lost_issuer_hint());
  }
  text += findings_text(checked.audit);
  for (const Unrecorded& one : checked.unrecorded) {
    text += format(
        "  error: {}: the ledger does not have {} [serial {}] (unrecorded)\n"
        "    hint: if this CA signed it, 'mtlsctl store import' puts it in\n",
        one.file, one.subject, one.serial);
  }
  for (const OpenIntent& intent : checked.intents) {
    text += format("  {}: serial {}, {}, begun {}\n    {}\n", name(intent.record.state),
                   intent.record.serial.to_text(), intent.record.subject,
                   to_rfc3339(intent.record.intent_time), intent.explanation);
  }
  session.out().write(text);
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const store::Ledger ledger = options.ca.examine_ledger(ca, session);
  const Checked checked = check(options, ca, ledger, session);
  const bool sound = checked.audit.found == 0 && checked.unrecorded.empty() && checked.knows_ca &&
                     !is_against(checked.seen);
  const ExitCode code = sound ? ExitCode::ok : ExitCode::no;
  if (session.json()) {
    print_json(checked, ledger.shown(), code, session);
  } else {
    print_text(checked, ledger.shown(), code, session);
  }
  return code;
}

}  // namespace

void add_store_check(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Re-derives everything that a ledger says, of all CAs in it: the engine's file is whole, the "
      "logs hold (as in 'mtlsctl log verify'), each row can be read, is what its certificate says, "
      "and that is signed by its issuer, no serial stands twice. With --files also that each "
      "certificate in a file is recorded. It lists what was begun and not completed, and says what "
      "that means: those are no error.\n\n"
      "It ends with 0 if all is sound, and with 1 if not; nothing is changed.");
  OptionSet set = command.options();
  set.list("--files", options->files, file_value(),
           "Each certificate in FILE must be in the ledger");
  options->ca.add_to(set);
  command.example(
      "$ mtlsctl store check --files client.crt\n"
      "sound: ca/ca.db: 5 certificates, 12 log entries");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
