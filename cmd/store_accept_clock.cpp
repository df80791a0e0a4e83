#include "base/error.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/actor.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/trust_options.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  TrustOptions trust;
  std::optional<x509::SerialNumber> serial;
  std::optional<std::int64_t> entry;
};

/// What is to be answered for: a certificate's newest time, or that of one entry of the log.
struct Subject {
  std::string what;  // for a person
  UnixTime recorded;
  store::Acceptance acceptance;
};

Error not_found(const std::string& message) {
  return {Errc::not_found, message, "give what the refusal named, --serial or --entry"};
}

/// The newest record of this CA with the serial: imported ones may share it.
Subject find_serial(const store::Ledger& ledger, store::IssuerId issuer,
                    const x509::SerialNumber& serial) {
  std::optional<UnixTime> newest;
  for (const store::Record& record : ledger.find_by_serial(serial)) {
    if (record.issuer == issuer)
      newest = std::max(newest.value_or(record.changed_time), record.changed_time);
  }
  if (!newest) {
    throw not_found(format("this CA has no serial {} in {}", serial.to_text(), ledger.shown()));
  }
  return {.what = format("serial {}", serial.to_text()),
          .recorded = *newest,
          .acceptance = {.what = store::LogAction::accept_clock, .serial = serial}};
}

Subject find_entry(const store::Ledger& ledger, store::IssuerId issuer, std::int64_t seq) {
  const auto entry = ledger.find_entry(issuer, seq);
  if (!entry) throw not_found(format("the log of this CA has no entry {}", seq));
  return {.what = format("entry {}", seq),
          .recorded = entry->time,
          .acceptance = {.what = store::LogAction::accept_clock, .entry = entry->hash}};
}

Subject find(const Options& options, const store::Ledger& ledger, store::IssuerId issuer) {
  return options.serial ? find_serial(ledger, issuer, *options.serial)
                        : find_entry(ledger, issuer, *options.entry);
}

void check(const Options& options) {
  if (options.serial && options.entry) {
    refuse_together("--serial", "--entry", "one run answers for one of them");
  }
  if (options.serial || options.entry) return;
  throw Error(Errc::missing_value, "--serial or --entry is missing",
              "give what the refusal named: --serial SERIAL or --entry NUMBER");
}

enum class Outcome { accepted, already, not_future };

std::string sentence(Outcome outcome, const Subject& subject) {
  const std::string at = to_rfc3339(subject.recorded);
  switch (outcome) {
    case Outcome::accepted:
      return format("accepted: the time of {}, {}, counts no more\n", subject.what, at);
    case Outcome::already:
      return format("already accepted: the time of {}, {}\n", subject.what, at);
    case Outcome::not_future:
      break;
  }
  return format("nothing to accept: {} is of {}, which is not in the future\n", subject.what, at);
}

ExitCode run(const Options& options, Session& session) {
  check(options);
  const authority::CaDirectory ca = options.ca.open().with_trust(options.trust.trust(session));
  const store::Author author = make_author(session);
  store::Ledger ledger = ca.open_ledger(options.ca.wait().value, author);
  tell_ledger_warnings(ledger, session);
  const store::IssuerId issuer = authority::require_issuer(ledger, ca.certificate());
  Subject subject = find(options, ledger, issuer);
  Outcome outcome = Outcome::not_future;
  if (ledger.has_accepted_time(issuer, subject.acceptance)) {
    outcome = Outcome::already;
  } else if (subject.recorded > author.time) {
    subject.acceptance.note = format("{} recorded at {}, accepted at {}", subject.what,
                                     to_rfc3339(subject.recorded), to_rfc3339(author.time));
    ledger.accept(issuer, subject.acceptance, author);
    outcome = Outcome::accepted;
  }
  if (session.json()) {
    Json document = session.document();
    document["serial"] = options.serial ? Json(options.serial->to_text()) : Json(nullptr);
    document["entry"] = options.entry ? Json(*options.entry) : Json(nullptr);
    document["recorded_at"] = to_rfc3339(subject.recorded);
    document["accepted"] = outcome == Outcome::accepted;
    document["already_accepted"] = outcome == Outcome::already;
    session.print(document);
  } else {
    session.out().write(sentence(outcome, subject));
  }
  return ExitCode::ok;
}

}  // namespace

void add_store_accept_clock(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Nothing is issued while this CA's log ends, or one of its certificates was recorded, in the "
      "future by this machine's clock: one of the two is wrong. Where the clock is right and the "
      "entry was made by a machine whose clock was not, this goes on: the time of that one entry "
      "counts no more. Who did it stands in the log.");
  OptionSet set = command.options();
  set.value("--serial", options->serial, serial_value(),
            "The certificate, by the serial that the refusal named");
  set.value("--entry", options->entry, number_value(1, std::numeric_limits<std::int64_t>::max()),
            "The entry of the log, by the number that the refusal named");
  options->ca.add_to(set);
  options->trust.add_to(set);
  command.example(
      "$ mtlsctl store accept-clock --serial 5f1c…9a\n"
      "accepted: the time of serial 5f1c…9a, 2031-01-31T12:00:00Z, counts no more");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
