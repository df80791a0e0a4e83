#include "authority/ledger_trust.hpp"
#include "base/format.hpp"
#include "cmd/actor.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/trust_options.hpp"
#include "store/transfer.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  TrustOptions trust;
  bool dry_run = false;
};

std::string sentence(const store::Migrated& done, std::string_view name, bool dry_run) {
  const std::string_view would = dry_run ? "dry run: would have " : "";
  if (!done.from) return format("{}made an empty ledger, schema {}: {}\n", would, done.to, name);
  if (*done.from == done.to) return format("schema {}, up to date: {}\n", done.to, name);
  return format("{}brought from schema {} to {}: {}\n", would, *done.from, done.to, name);
}

/// One of schema 1 did not know an intermediate that had not issued yet: from here on it has to.
void put_in(const Options& options, Session& session) {
  if (options.ca.ledger()) return;  // a ledger as a whole: no CA is asked
  const authority::CaDirectory ca = options.ca.open().with_trust(options.trust.trust(session));
  const auto wait = options.ca.wait().value;
  if (!ca.examine_ledger(store::LedgerAccess::read_only, wait).issuers().empty()) return;
  static_cast<void>(ca.open_ledger(wait, make_author(session), authority::Stranger::allow));
}

/// With --store the ledger was named and no CA is asked; else it is the CA directory's.
void require_trusted(const store::LedgerLocation& location, const Options& options,
                     Session& session) {
  const authority::FileTrust trust = options.trust.trust(session);
  if (!options.ca.ledger()) {
    options.ca.open().with_trust(trust).require_trusted();
  } else {
    trust.require_owners(authority::find_ledger_files(location), authority::Named::explicitly);
  }
}

ExitCode run(const Options& options, Session& session) {
  const store::LedgerLocation location = options.ca.locate_ledger();
  require_trusted(location, options, session);
  const store::Migrated done = store::migrate_ledger(
      location, make_author(session), options.dry_run ? store::Trial::yes : store::Trial::no);
  if (!options.dry_run && done.from == 1) put_in(options, session);
  const std::string name = location.shown();
  if (session.json()) {
    Json document = session.document();
    document["store"] = name;
    document["from"] = done.from ? Json(*done.from) : Json(nullptr);
    document["to"] = done.to;
    document["dry_run"] = options.dry_run;
    session.print(document);
  } else {
    session.out().write(sentence(done, name, options.dry_run));
  }
  return ExitCode::ok;
}

}  // namespace

void add_store_migrate(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Brings the tables of a ledger up to what this mtlsctl works with; an older one refuses the "
      "ledger from then on. A ledger in a file is brought up by any command that writes to it; one "
      "on a server only by this one, so that no machine of several locks the others out.\n\n"
      "An empty database gets the tables of an empty ledger: its administrator makes them, and "
      "grants whoever issues no more than the rows (docs/ledger.md). With --store no CA directory "
      "is needed.");
  OptionSet set = command.options();
  options->ca.add_to(set);
  options->trust.add_to(set);
  set.flag("--dry-run", options->dry_run, "Only say what would be done");
  command.example(
      "$ mtlsctl store migrate --store postgresql://admin@db.example/ca\n"
      "brought from schema 1 to 2: postgresql://admin@db.example/ca");
  command.without_openssl_configuration();
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
