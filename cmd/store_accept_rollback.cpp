#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/actor.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/counted.hpp"
#include "cmd/log_view.hpp"
#include "cmd/trust_options.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  TrustOptions trust;
};

std::string seen_word(const authority::SeenState& state) {
  if (state.seen) return state.seen->head.to_text();
  return state.verdict == authority::SeenVerdict::absent ? "none" : "unreadable";
}

/// Somebody may answer for an older log, not for one that does not hold together: what it says of
/// what was issued and revoked is worth nothing.
void require_sound(const store::Ledger& ledger, store::IssuerId issuer) {
  const store::AuditReport report = ledger.verify_log(issuer);
  // Rows that are gone are for accept-loss, once the ledger is the one that counts.
  if (report.found == static_cast<std::int64_t>(report.losses.size())) return;
  throw Error(Errc::ledger_damaged,
              format("the log of this ledger is broken, and nothing was accepted: {} ({}, {} in "
                     "all: 'mtlsctl log verify')",
                     printable(report.findings.front().message), name(report.findings.front().flaw),
                     counted(report.found, "finding", "findings")),
              "restore a backup whose log holds; where there is none, docs/ledger.md (\"When there "
              "is no sound backup\") begins a new ledger for the same CA: 'mtlsctl ca adopt' and "
              "'mtlsctl store import'");
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open().with_trust(options.trust.trust(session));
  const store::Author author = make_author(session);
  store::Ledger ledger =
      ca.examine_ledger(store::LedgerAccess::read_write, options.ca.wait().value, author);
  tell_ledger_warnings(ledger, session);
  if (authority::was_never_used(ledger)) {
    static_cast<void>(ledger.add_issuer(ca.certificate().subject(), ca.certificate().public_key(),
                                        ca.certificate(), author));
  }
  const store::IssuerId issuer = authority::require_issuer(ledger, ca.certificate());
  const authority::SeenState state = ca.compare_seen(ledger);
  const bool held = !is_against(state);
  const std::string seen = seen_word(state);
  if (!held) {
    require_sound(ledger, issuer);
    ca.require_acceptable_head();
    ledger.accept(issuer,
                  {.what = store::LogAction::accept_rollback,
                   .note = format("seen before: {}; the log ended with {}", seen,
                                  ledger.log_head(issuer).to_text())},
                  author);
    ca.accept_head(ledger.log_head(issuer));
  }
  const std::string head = ledger.log_head(issuer).to_text();
  if (session.json()) {
    Json document = session.document();
    document["seen"] = seen;
    document["head"] = head;
    document["accepted"] = !held;
    session.print(document);
  } else if (held) {
    session.out().write(
        state.seen ? format("nothing to accept: the log holds what was seen last ({})\n", seen)
                   : format("nothing to accept: {}\n", state.message));
  } else {
    session.out().write(
        format("accepted: the log goes on from {} (seen before: {})\n", head, seen));
    session.messages().note(
        "what was issued or revoked after this state is not in the ledger: put it in with 'mtlsctl "
        "store import', from the certificates' files and with the index or export that names what "
        "was revoked; without that, what was revoked is valid again");
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
      "on with the ledger as it is. Who did it stands in the log. So does it where ledger.head "
      "itself is damaged, which is then written anew.\n\n"
      "The log is verified first: one that is broken is not accepted (exit 7).");
  OptionSet set = command.options();
  options->ca.add_to(set);
  options->trust.add_to(set);
  command.example(
      "$ mtlsctl store accept-rollback\n"
      "accepted: the log goes on from 9:77ab… (seen before: 12:a41f…)");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
