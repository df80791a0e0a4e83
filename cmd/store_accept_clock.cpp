#include "base/error.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/actor.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  std::optional<x509::SerialNumber> serial;
};

/// The newest record with the serial, of any CA in the ledger: the one that a refusal names.
store::Record find(const store::Ledger& ledger, const x509::SerialNumber& serial) {
  const auto records = ledger.find_by_serial(serial);
  if (records.empty()) {
    throw Error(Errc::not_found, format("{} has no serial {}", ledger.shown(), serial.to_text()),
                "give the serial that the refusal named");
  }
  return *std::max_element(records.begin(), records.end(),
                           [](const store::Record& left, const store::Record& right) {
                             return left.changed_time < right.changed_time;
                           });
}

ExitCode run(const Options& options, Session& session) {
  if (!options.serial) {
    throw Error(Errc::missing_value, "--serial is missing",
                "give the serial that the refusal named: --serial SERIAL");
  }
  const authority::CaDirectory ca = options.ca.open();
  const store::Author author = make_author(session);
  store::Ledger ledger = ca.open_ledger(options.ca.wait().value, author);
  tell_ledger_warnings(ledger, session);
  const store::Record record = find(ledger, *options.serial);
  const bool future = record.changed_time > author.time;
  if (future) {
    ledger.accept(record.issuer, store::LogAction::accept_clock, record.serial,
                  format("recorded at {}, accepted at {}", to_rfc3339(record.changed_time),
                         to_rfc3339(author.time)),
                  author);
  }
  if (session.json()) {
    Json document = session.document();
    document["serial"] = record.serial.to_text();
    document["recorded_at"] = to_rfc3339(record.changed_time);
    document["accepted"] = future;
    session.print(document);
  } else if (future) {
    session.out().write(format("accepted: the time of serial {}, {}, counts no more\n",
                               record.serial.to_text(), to_rfc3339(record.changed_time)));
  } else {
    session.out().write(
        format("nothing to accept: serial {} is of {}, which is not in the future\n",
               record.serial.to_text(), to_rfc3339(record.changed_time)));
  }
  return ExitCode::ok;
}

}  // namespace

void add_store_accept_clock(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Nothing is issued while the ledger has an entry that is in the future by this machine's "
      "clock: one of the two is wrong. Where the clock is right and the entry was made by a "
      "machine "
      "whose clock was not, this goes on: the time of that one entry counts no more. Who did it "
      "stands in the log.");
  OptionSet set = command.options();
  set.value("--serial", options->serial, serial_value(),
            "The entry, by the serial that the refusal named");
  options->ca.add_to(set);
  command.example(
      "$ mtlsctl store accept-clock --serial 5f1c…9a\n"
      "accepted: the time of serial 5f1c…9a, 2031-01-31T12:00:00Z, counts no more");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
