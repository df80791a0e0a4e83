#include "authority/import_content.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/process_identity.hpp"
#include "base/time_text.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/counted.hpp"
#include "cmd/input_file.hpp"
#include "cmd/log_view.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
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
  std::string problem;  // not_recorded, signature_not_recorded, serial_of_another
  std::string file;
  std::string serial;
  std::string subject;
};

/// The first ones of what may be any number, and how many there are.
template <class Item>
struct Listed {
  std::vector<Item> first;
  std::int64_t found = 0;
  void add(const std::function<Item()>& make) {
    ++found;
    if (first.size() < store::k_findings_limit) first.push_back(make());
  }
  /// Ends a list of texts.
  [[nodiscard]] std::string rest() const {
    const auto listed = static_cast<std::int64_t>(first.size());
    return found > listed ? format("  and {} more\n", found - listed) : "";
  }
};

struct Checked {
  store::AuditReport audit;
  Listed<OpenIntent> intents;
  Listed<Unrecorded> unrecorded;
  std::int64_t files = 0;
  std::int64_t unread = 0;  // files that were not read, each with a warning
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
  if (record.intent_time > now - pending) {
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
      checked.intents.add([&] {
        return OpenIntent{record, explain(record, now, ledger.intent_pending())};
      });
      return store::Continue::yes;
    });
  }
}

/// Where certificates of files are looked up.
struct Where {
  const x509::Certificate& ca;
  const store::Ledger& ledger;
  const ossl::Context& context;
};

/// Nothing where the ledger has these very octets, of whichever issuer.
std::optional<std::string> find_unrecorded(const x509::Certificate& certificate,
                                           const Where& where) {
  auto status = where.ledger.status(certificate, nullptr);
  const bool of_this_ca = certificate.issuer().matches(where.ca.subject()) &&
                          certificate.is_signed_by(where.ca.public_key(), where.context);
  if (!status && of_this_ca) status = where.ledger.status(certificate, &where.ca);
  switch (status ? status->recorded : store::Recorded::no) {
    case store::Recorded::yes:
      return std::nullopt;
    case store::Recorded::other_signature:
      return "signature_not_recorded";
    case store::Recorded::other_tbs:
      return "serial_of_another";
    case store::Recorded::no:
      break;
  }
  return "not_recorded";
}

void look_up(const std::vector<x509::Certificate>& certificates, const Path& file,
             const Where& where, Checked& checked) {
  for (const x509::Certificate& certificate : certificates) {
    const auto problem = find_unrecorded(certificate, where);
    if (!problem) continue;
    checked.unrecorded.add([&] {
      return Unrecorded{*problem, shown_input(file), certificate.serial().to_text(),
                        certificate.subject().to_text(256)};
    });
  }
}

/// A file that may hold a certificate and could not be read says nothing of what it holds.
void pass_over(const authority::PassedOver& one, Checked& checked, const Session& session) {
  using Why = authority::PassedOver::Why;
  session.messages().warning(
      format("not looked at: {}: {}", printable(one.file.native()), one.message));
  if (one.why != Why::link && one.why != Why::empty && one.why != Why::not_regular) {
    ++checked.unread;
  }
}

/// Every file with certificates below a directory, as 'store import' would find it. What bears
/// another issuer's name is none of this CA's, and may stand there.
void check_directory(const Path& directory, const Where& where, Checked& checked,
                     const Session& session) {
  const authority::ImportFiles found = authority::find_import_files(directory);
  for (const authority::PassedOver& one : found.passed_over) pass_over(one, checked, session);
  for (const Path& file : found.files) {
    ++checked.files;
    authority::ImportedFile read = authority::read_import_file(file);
    for (const authority::PassedOver& one : read.passed_over) pass_over(one, checked, session);
    const auto is_other = [&where](const x509::Certificate& one) {
      return !one.issuer().matches(where.ca.subject());
    };
    read.certificates.erase(
        std::remove_if(read.certificates.begin(), read.certificates.end(), is_other),
        read.certificates.end());
    look_up(read.certificates, file, where, checked);
  }
}

void check_file(const Path& file, const Where& where, Checked& checked, const Session& session) {
  std::error_code ignored;
  if (file != "-" && std::filesystem::is_directory(file, ignored)) {
    check_directory(file, where, checked, session);
    return;
  }
  const SecretBytes content = read_input(file);
  ++checked.files;
  look_up(x509::read_certificates(content.view(), shown_input(file), x509::KeysBeside::allow), file,
          where, checked);
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
  const Where where{.ca = ca.certificate(),
                    .ledger = ledger,
                    .context = session.openssl(ossl::Configuration::openssl)};
  for (const Path& file : options.files) check_file(file, where, checked, session);
  return checked;
}

void print_json(const Checked& checked, const std::string& shown, ExitCode code,
                const Session& session) {
  Json document = session.document();
  document["store"] = shown;
  document["sound"] = code == ExitCode::ok;
  document["entries"] = checked.audit.entries;
  document["rows"] = checked.audit.rows;
  document["accepted_losses"] = checked.audit.accepted_losses;
  document["rolled_back"] = checked.seen.verdict == authority::SeenVerdict::not_held;
  document["seen"] = name(checked.seen.verdict);
  document["knows_ca"] = checked.knows_ca;
  document["schema_compared"] = checked.audit.schema_compared;
  document["findings"] = findings_json(checked.audit);
  document["found"] = checked.audit.found;
  document["intents"] = Json::array();
  for (const OpenIntent& intent : checked.intents.first) {
    document["intents"].push_back({{"serial", intent.record.serial.to_text()},
                                   {"state", name(intent.record.state)},
                                   {"subject", readable(intent.record.subject)},
                                   {"begun_at", to_rfc3339(intent.record.intent_time)},
                                   {"explanation", intent.explanation}});
  }
  document["intents_found"] = checked.intents.found;
  document["files"] = checked.files;
  document["unrecorded"] = Json::array();
  for (const Unrecorded& one : checked.unrecorded.first) {
    document["unrecorded"].push_back({{"problem", one.problem},
                                      {"file", one.file},
                                      {"serial", one.serial},
                                      {"subject", readable(one.subject)}});
  }
  document["unrecorded_found"] = checked.unrecorded.found;
  session.print(document);
}

std::string describe(const Unrecorded& one) {
  const std::string subject = readable(one.subject);
  if (one.problem == "signature_not_recorded") {
    return format(
        "  error: {}: the ledger has {} [serial {}] with another signature ({})\n"
        "    hint: the file was altered: 'mtlsctl cert export {}' writes the one that was issued\n",
        one.file, subject, one.serial, one.problem, one.serial);
  }
  if (one.problem == "serial_of_another") {
    return format(
        "  error: {}: the ledger has another certificate with the serial of {} [serial {}] ({})\n"
        "    hint: the CA's key was used without this ledger: find out who issued it\n",
        one.file, subject, one.serial, one.problem);
  }
  return format(
      "  error: {}: the ledger does not have {} [serial {}] (unrecorded)\n"
      "    hint: if this CA signed it, 'mtlsctl store import' puts it in\n",
      one.file, subject, one.serial);
}

void print_text(const Checked& checked, const std::string& shown, ExitCode code,
                const Session& session) {
  std::string text = format("{}: {}: {}, {}\n", code == ExitCode::ok ? "sound" : "not sound", shown,
                            counted(checked.audit.rows, "certificate", "certificates"),
                            counted(checked.audit.entries, "log entry", "log entries"));
  text += seen_text(checked.seen);
  if (!checked.knows_ca) {
    text += format("  error: the ledger knows nothing of this CA (unknown_ca)\n    hint: {}\n",
                   authority::lost_issuer_hint());
  }
  text += findings_text(checked.audit);
  if (!checked.audit.schema_compared) {
    text +=
        "  note: tables, indexes and triggers were not compared with mtlsctl's: that takes a role "
        "that may make temporary tables, on a server that is no standby\n";
  }
  for (const Unrecorded& one : checked.unrecorded.first) {
    text += describe(one);
  }
  text += checked.unrecorded.rest();
  for (const OpenIntent& intent : checked.intents.first) {
    text += format("  {}: serial {}, {}, begun {}\n    {}\n", name(intent.record.state),
                   intent.record.serial.to_text(), readable(intent.record.subject),
                   to_rfc3339(intent.record.intent_time), intent.explanation);
  }
  text += checked.intents.rest();
  session.out().write(text);
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const store::Ledger ledger = options.ca.examine_ledger(ca, session);
  const Checked checked = check(options, ca, ledger, session);
  const bool sound = checked.audit.found == 0 && checked.unrecorded.found == 0 &&
                     checked.unread == 0 && checked.knows_ca && !is_against(checked.seen);
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
      "certificate in a file is recorded, or each below a directory that bears this CA's name as "
      "its issuer's. It lists what was begun and not completed, and says what "
      "that means: those are no error.\n\n"
      "It ends with 0 if all is sound, and with 1 if not; nothing is changed.");
  OptionSet set = command.options();
  set.list("--files", options->files, file_value(),
           "Each certificate in FILE, or of this CA below it, must be in the ledger");
  options->ca.add_to(set);
  command.example(
      "$ mtlsctl store check --files client.crt\n"
      "sound: ca/ca.db: 5 certificates, 12 log entries");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
