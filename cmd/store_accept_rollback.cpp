#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/actor.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
};

/// What was seen, as far as it can be told.
struct Seen {
  std::string text;
  bool held;
};

Seen look(const authority::CaDirectory& ca, const store::Ledger& ledger, store::IssuerId issuer) {
  try {
    const auto seen = ca.seen_head();
    if (!seen) return {"none", true};
    return {seen->head.to_text(),
            seen->ledger_id == ca.config().ledger_id && ledger.has_log_entry(issuer, seen->head)};
  } catch (const Error& error) {
    if (error.code() != Errc::ledger_damaged) throw;
    return {"unreadable", false};
  }
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open();
  const store::Author author = make_author(session);
  store::Ledger ledger =
      ca.examine_ledger(store::LedgerAccess::read_write, options.ca.wait().value, author);
  tell_ledger_warnings(ledger, session);
  const auto known = ledger.find_issuer(ca.certificate().subject(), ca.certificate().public_key());
  if (!known) {
    throw Error(
        Errc::ledger_mismatch,
        format("the ledger {} knows nothing of this CA: it is not an older state of its own",
               ledger.shown()),
        "look at 'store' in ca.toml, or restore a backup of this CA's ledger");
  }
  const store::IssuerId issuer = *known;
  const Seen seen = look(ca, ledger, issuer);
  if (!seen.held) {
    ledger.accept(issuer, store::LogAction::accept_rollback, std::nullopt,
                  format("seen before: {}; the log ended with {}", seen.text,
                         ledger.log_head(issuer).to_text()),
                  author);
    ca.accept_head(ledger.log_head(issuer));
  }
  const std::string head = ledger.log_head(issuer).to_text();
  if (session.json()) {
    Json document = session.document();
    document["seen"] = seen.text;
    document["head"] = head;
    document["accepted"] = !seen.held;
    session.print(document);
  } else if (seen.held) {
    session.out().write(
        format("nothing to accept: the log holds what was seen last ({})\n", seen.text));
  } else {
    session.out().write(
        format("accepted: the log goes on from {} (seen before: {})\n", head, seen.text));
    session.messages().note(
        "what was issued after this state is not in the ledger: put it in with 'mtlsctl store "
        "import' from the files, or it can be neither listed nor revoked");
  }
  return ExitCode::ok;
}

}  // namespace

void add_store_accept_rollback(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "A CA directory keeps the last entry of the log that it has seen (ledger.head). A ledger "
      "that "
      "does not hold it was rolled back or replaced, and nothing is issued, signed or said of "
      "revocation from it. Where that is known and meant, as after restoring a backup, this goes "
      "on with the ledger as it is. Who did it stands in the log.");
  OptionSet set = command.options();
  options->ca.add_to(set);
  command.example(
      "$ mtlsctl store accept-rollback\n"
      "accepted: the log goes on from 9:77ab… (seen before: 12:a41f…)");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
