#include "authority/import_ca.hpp"
#include "base/format.hpp"
#include "cmd/actor.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/log_view.hpp"
#include "cmd/trust_options.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  TrustOptions trust;
  std::vector<Path> files;
};

/// What was put back from files, over all of them.
struct PutBack {
  std::int64_t imported = 0;
  std::int64_t already_there = 0;
  bool damaged = false;
};

PutBack import_files(const Options& options, const authority::CaDirectory& ca,
                     store::Ledger& ledger, Session& session) {
  const ossl::Context& context = session.openssl(ossl::Configuration::openssl);
  PutBack all;
  for (const Path& file : options.files) {
    const auto report = authority::import_ca(
        {.path = file, .ca = ca, .ledger = ledger, .author = make_author(session)}, context);
    all.imported += report.imported;
    all.already_there += report.already_there;
    all.damaged = all.damaged || report.damaged;
  }
  return all;
}

ExitCode run(const Options& options, Session& session) {
  const authority::CaDirectory ca = options.ca.open().with_trust(options.trust.trust(session));
  const std::chrono::milliseconds wait = options.ca.wait().value;
  // Before anything is looked up by them.
  auto stranger = authority::Stranger::refuse;
  {
    store::Ledger examined =
        ca.examine_ledger(store::LedgerAccess::read_write, wait, make_author(session));
    examined.rebuild_indexes();
    if (authority::was_never_used(examined)) stranger = authority::Stranger::allow;
  }
  store::Ledger ledger = ca.open_ledger(wait, make_author(session), stranger);
  tell_ledger_warnings(ledger, session);
  const PutBack back = import_files(options, ca, ledger, session);
  store::AuditReport left = ledger.check_rows(session.openssl(ossl::Configuration::openssl));
  for (const store::IssuerId issuer : ledger.issuers()) left.merge(ledger.verify_log(issuer));
  const bool sound = left.found == 0 && !back.damaged;
  if (session.json()) {
    Json document = session.document();
    document["store"] = ledger.shown();
    document["imported"] = back.imported;
    document["already_there"] = back.already_there;
    document["complete"] = !back.damaged;
    document["findings"] = findings_json(left);
    document["found"] = left.found;
    session.print(document);
  } else {
    session.out().write(format("indexes rebuilt: {}; put back {}, already there {}\n",
                               ledger.shown(), back.imported, back.already_there) +
                        findings_text(left));
    if (back.damaged) {
      session.messages().warning(
          "some of the files could not be taken: 'mtlsctl store import PATH' says which and why");
    }
  }
  return sound ? ExitCode::ok : ExitCode::no;
}

}  // namespace

void add_store_repair(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Rebuilds the indexes of a ledger from its rows, and puts back certificates that it lost "
      "from "
      "their files, as imported. Rows that were changed or damaged stay as they are, and are "
      "listed: they are restored from a backup. Make one of what there is first: 'mtlsctl store "
      "backup'.\n\n"
      "It ends with 0 if nothing is wrong afterwards, and with 1 if something is.");
  OptionSet set = command.options();
  set.list("--files", options->files, file_value(),
           "A file or directory with certificates of this CA to put back");
  options->ca.add_to(set);
  options->trust.add_to(set);
  command.example(
      "$ mtlsctl store repair --files /etc/clients\n"
      "indexes rebuilt: ca/ca.db; put back 3, already there 121");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
