#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/log_view.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  std::optional<store::LogHead> since;
};

constexpr std::string_view k_since = "--since";

/// A head that was seen, and whether the log still holds it.
struct Pin {
  std::string_view what;
  store::LogHead head;
  bool held;
};

std::vector<Pin> check_pins(const Options& options, const authority::CaDirectory& ca,
                            const store::Ledger& ledger, store::IssuerId issuer) {
  std::vector<Pin> pins;
  if (const auto seen = ca.seen_head()) pins.push_back({"ledger.head", seen->head, false});
  if (options.since) pins.push_back({k_since, *options.since, false});
  for (Pin& pin : pins) pin.held = ledger.has_log_entry(issuer, pin.head);
  return pins;
}

std::string message_of(const Pin& pin, const store::AuditReport& report) {
  const bool later = report.head && pin.head.seq > report.head->seq;
  return format("the log does not hold the entry {} of {}: {}", pin.head.to_text(), pin.what,
                later ? "its end was cut off, or it was rolled back or replaced"
                      : "another one stands there");
}

std::string_view remedy_of(const Pin& pin) {
  if (pin.what == k_since) {
    return "is it a head of this CA's log? If so, entries are missing: restore the newest backup, "
           "and keep what 'mtlsctl log head' says then";
  }
  return "restore the newest backup; 'mtlsctl store accept-rollback' goes on with this one";
}

/// What is wrong with the log itself, and then with the heads that it should hold.
Json all_findings(const store::AuditReport& report, const std::vector<Pin>& pins) {
  Json findings = findings_json(report);
  for (const Pin& pin : pins) {
    if (pin.held) continue;
    findings.push_back({{"flaw", "head_not_held"},
                        {"entry", pin.head.seq},
                        {"serial", nullptr},
                        {"message", message_of(pin, report)},
                        {"hint", remedy_of(pin)}});
  }
  return findings;
}

void print(const store::AuditReport& report, const std::vector<Pin>& pins, ExitCode code,
           const Session& session) {
  if (session.json()) {
    Json document = session.document();
    document["sound"] = code == ExitCode::ok;
    document["head"] = report.head ? Json(report.head->to_text()) : Json(nullptr);
    document["entries"] = report.entries;
    document["rows"] = report.rows;
    document["accepted_losses"] = report.accepted_losses;
    document["pins"] = Json::array();
    for (const Pin& pin : pins) {
      document["pins"].push_back(
          {{"source", pin.what}, {"head", pin.head.to_text()}, {"held", pin.held}});
    }
    document["findings"] = all_findings(report, pins);
    document["found"] = report.found + std::count_if(pins.begin(), pins.end(),
                                                     [](const Pin& pin) { return !pin.held; });
    session.print(document);
    return;
  }
  std::string text = format("{}: {} entries, {} certificates, head {}\n",
                            code == ExitCode::ok ? "sound" : "not sound", report.entries,
                            report.rows, report.head ? report.head->to_text() : "none");
  for (const Pin& pin : pins) {
    if (pin.held) continue;
    text += format("  error: {}\n    hint: {}\n", message_of(pin, report), remedy_of(pin));
  }
  session.out().write(text + findings_text(report));
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const store::Ledger ledger = options.ca.examine_ledger(ca, session);
  const auto issuer = ledger.find_issuer(ca.certificate().subject(), ca.certificate().public_key());
  if (!issuer) {
    throw Error(Errc::ledger_rolled_back,
                format("the ledger {} knows nothing of this CA", ledger.shown()),
                "look at 'store' in ca.toml");
  }
  const store::AuditReport report = ledger.verify_log(*issuer);
  const std::vector<Pin> pins = check_pins(options, ca, ledger, *issuer);
  bool sound = report.found == 0;
  for (const Pin& pin : pins) sound = sound && pin.held;
  const ExitCode code = sound ? ExitCode::ok : ExitCode::no;
  print(report, pins, code, session);
  return code;
}

}  // namespace

void add_log_verify(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Checks the whole log of this CA: entries are numbered without a gap, each holds the hash of "
      "the one before, the last is the head; and log and tables say the same, so that a row that "
      "was changed, added or removed by other hands is found. It also looks for the entry that "
      "this CA directory saw last (ledger.head), and with --since for one that was kept elsewhere: "
      "only that finds a log whose end was cut off together with its rows.\n\n"
      "It ends with 0 if all is sound, and with 1 if not.");
  OptionSet set = command.options();
  options->ca.add_to(set);
  set.value("--since", options->since, log_head_value(),
            "The log must hold this entry: what 'mtlsctl log head' printed once");
  command.example(
      "$ mtlsctl log verify --since 8:5e0c…\n"
      "sound: 12 entries, 5 certificates, head 12:a41f…");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
