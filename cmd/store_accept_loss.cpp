#include "authority/ledger_head.hpp"
#include "base/format.hpp"
#include "cmd/actor.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/trust_options.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  TrustOptions trust;
};

Json to_json(const store::LogLoss& loss) {
  return {{"entry", loss.entry},
          {"serial", loss.serial ? Json(loss.serial->to_text()) : Json(nullptr)},
          {"lost", loss.lost},
          {"left", loss.left}};
}

void print(const std::vector<store::LogLoss>& losses, const Session& session) {
  if (session.json()) {
    Json document = session.document();
    document["accepted"] = Json::array();
    for (const store::LogLoss& loss : losses) document["accepted"].push_back(to_json(loss));
    session.print(document);
    return;
  }
  std::string text = losses.empty() ? "nothing to accept: no entry's rows are gone\n" : "";
  for (const store::LogLoss& loss : losses) {
    text += format("accepted: entry {}: {} lost, {} left", loss.entry, loss.lost, loss.left);
    if (loss.serial) text += format(" [serial {}]", loss.serial->to_text());
    if (loss.left == 1) text += ", which from here on counts as it stands now";
    if (loss.left > 1) text += ", which from here on count as they stand now";
    text += "\n";
  }
  session.out().write(text);
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open().with_trust(options.trust.trust(session));
  const store::Author author = make_author(session);
  store::Ledger ledger = ca.open_ledger(options.ca.wait().value, author);
  tell_ledger_warnings(ledger, session);
  const store::IssuerId issuer = authority::require_issuer(ledger, ca.certificate());
  print(ledger.accept_losses(issuer, author, session.openssl(ossl::Configuration::openssl)),
        session);
  return ExitCode::ok;
}

}  // namespace

void add_store_accept_loss(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "The log of a CA says for ever that a row was recorded. Where rows are gone, and neither a "
      "backup nor the certificates' files ('mtlsctl store repair --files') bring them back as they "
      "were, this goes on without them: an entry for each says what was lost and who answered for "
      "it, commits to the rows that are left, and 'mtlsctl log verify' then holds again. Rows that "
      "were recorded together are committed to together: where one of them is gone, what the log "
      "said of the others cannot be compared any more, beyond their certificates.\n\n"
      "Put back from files what there is first: a certificate that no row knows cannot be revoked. "
      "It ends with 7 where anything else is wrong with the log or a row.");
  OptionSet set = command.options();
  options->ca.add_to(set);
  options->trust.add_to(set);
  command.example(
      "$ mtlsctl store accept-loss\n"
      "accepted: entry 5: 1 lost, 0 left [serial 5f1c…9a]\n"
      "accepted: entry 6: 1 lost, 0 left [serial 5f1c…9a]");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
