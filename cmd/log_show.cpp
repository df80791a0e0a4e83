#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/find_record.hpp"
#include "cmd/log_view.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> last;
  std::optional<x509::SerialNumber> serial;
};

std::int64_t first_entry(const Options& options, const store::LogHead& head) {
  const std::int64_t from = options.from.value_or(1);
  return options.last ? std::max(from, head.seq - *options.last + 1) : from;
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const store::Ledger ledger = options.ca.examine_ledger(ca, session);
  const store::IssuerId issuer = authority::require_issuer(ledger, ca.certificate());
  const authority::SeenState seen = ca.compare_seen(ledger);
  if (is_against(seen)) session.messages().warning(seen.message, seen.hint);
  const std::int64_t first = first_entry(options, ledger.log_head(issuer));
  ledger.read_log(issuer, first, [&](const store::LogEntry& entry) {
    if (options.serial && entry.serial != options.serial) return store::Continue::yes;
    if (session.json()) {
      Json document = session.document();
      put_entry(document, entry);
      session.print(document);
    } else {
      session.out().write(entry_line(entry));
    }
    return store::Continue::yes;
  });
  return ExitCode::ok;
}

}  // namespace

void add_log_show(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "One line an entry, the oldest on top: number, time, what was done, to which certificate, by "
      "whom and where. Every change of what the CA has issued is an entry, and each holds the hash "
      "of the one before: 'mtlsctl log verify' checks that.");
  OptionSet set = command.options();
  options->ca.add_to(set);
  const auto count = number_value(1, std::numeric_limits<std::int64_t>::max());
  set.value("--from", options->from, count, "Begin with entry N");
  set.value("--last", options->last, count, "Only the last N entries");
  set.value("--serial", options->serial, serial_value(),
            "Only entries about this certificate alone, by its serial in hex");
  command.example(
      "$ mtlsctl log show --last 2\n"
      "     7  2026-01-31T12:00:00Z  intent           5f1c…9a  alice on ci-1  mtls-client\n"
      "     8  2026-01-31T12:00:00Z  issue            5f1c…9a  alice on ci-1");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
