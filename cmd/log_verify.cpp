#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/counted.hpp"
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

/// What the log was compared with, besides itself and the tables.
struct Compared {
  authority::SeenState seen;
  bool holds_since;  // or nothing was kept elsewhere
};

Json pins_json(const Options& options, const Compared& compared) {
  Json pins = Json::array();
  const auto put = [&pins](std::string_view source, const store::LogHead& head, bool held) {
    pins.push_back({{"source", source}, {"head", head.to_text()}, {"held", held}});
  };
  if (const auto& seen = compared.seen.seen) {
    put("ledger.head", seen->head, compared.seen.verdict == authority::SeenVerdict::held);
  }
  if (options.since) put("--since", *options.since, compared.holds_since);
  return pins;
}

std::string since_message(const Options& options, const store::AuditReport& report) {
  const bool later = report.head && options.since->seq > report.head->seq;
  return format("the log does not hold the entry {} of --since: {}", options.since->to_text(),
                later ? "its end was cut off, or it was rolled back or replaced"
                      : "another one stands there");
}

constexpr std::string_view k_since_hint =
    "is it a head of this CA's log? If so, entries are missing: restore the newest backup, and "
    "keep "
    "what 'mtlsctl log head' says then";

/// What is wrong with the log itself, and then with the heads that it should hold.
Json all_findings(const store::AuditReport& report, const Options& options,
                  const Compared& compared) {
  Json findings = findings_json(report);
  const auto put = [&findings](std::string_view flaw, const std::optional<std::int64_t>& entry,
                               std::string_view message, std::string_view hint) {
    findings.push_back({{"flaw", flaw},
                        {"entry", entry ? Json(*entry) : Json(nullptr)},
                        {"serial", nullptr},
                        {"message", message},
                        {"hint", hint}});
  };
  if (is_against(compared.seen)) {
    const auto& seen = compared.seen.seen;
    put("head_not_held", seen ? std::optional(seen->head.seq) : std::nullopt, compared.seen.message,
        compared.seen.hint);
  }
  if (!compared.holds_since) {
    put("head_not_held", options.since->seq, since_message(options, report), k_since_hint);
  }
  return findings;
}

void print(const store::AuditReport& report, const Options& options, const Compared& compared,
           ExitCode code, const Session& session) {
  if (session.json()) {
    Json document = session.document();
    document["sound"] = code == ExitCode::ok;
    document["head"] = report.head ? Json(report.head->to_text()) : Json(nullptr);
    document["entries"] = report.entries;
    document["rows"] = report.rows;
    document["accepted_losses"] = report.accepted_losses;
    document["seen"] = name(compared.seen.verdict);
    document["pins"] = pins_json(options, compared);
    document["findings"] = all_findings(report, options, compared);
    document["found"] =
        report.found + (is_against(compared.seen) ? 1 : 0) + (compared.holds_since ? 0 : 1);
    session.print(document);
    return;
  }
  std::string text = format("{}: {}, {}, head {}\n", code == ExitCode::ok ? "sound" : "not sound",
                            counted(report.entries, "entry", "entries"),
                            counted(report.rows, "certificate", "certificates"),
                            report.head ? report.head->to_text() : "none");
  text += seen_text(compared.seen);
  if (!compared.holds_since) {
    text += format("  error: {}\n    hint: {}\n", since_message(options, report), k_since_hint);
  }
  session.out().write(text + findings_text(report));
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const store::Ledger ledger = options.ca.examine_ledger(ca, session);
  authority::SeenState seen = ca.compare_seen(ledger);
  if (seen.verdict == authority::SeenVerdict::not_held && !ca.find_issuer(ledger)) {
    throw Error(Errc::ledger_rolled_back, seen.message, seen.hint);
  }
  const store::IssuerId issuer = authority::require_issuer(ledger, ca.certificate());
  const store::AuditReport report = ledger.verify_log(issuer);
  const Compared compared{
      .seen = std::move(seen),
      .holds_since = !options.since || ledger.has_log_entry(issuer, *options.since)};
  const bool sound = report.found == 0 && compared.holds_since && !is_against(compared.seen);
  const ExitCode code = sound ? ExitCode::ok : ExitCode::no;
  print(report, options, compared, code, session);
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
