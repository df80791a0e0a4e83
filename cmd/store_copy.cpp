#include "authority/ca_files.hpp"
#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/value_types.hpp"
#include "store/transfer.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  std::optional<store::StoreUrl> to;
};

ExitCode run(const Options& options, Session& session) {
  if (!options.to) {
    throw Error(Errc::missing_value, "--to is missing", "say where the copy goes: --to URL");
  }
  const store::LedgerLocation from = options.ca.locate_ledger();
  store::LedgerLocation to = store::LedgerLocation::at(*options.to);
  to.lock_timeout = from.lock_timeout;
  if (!to.server) {
    authority::require_ledger_name(to.file);
    // The ledger of a CA that is there may be missing; nothing else of it is.
    const Path folder = to.file.has_parent_path() ? to.file.parent_path() : Path(".");
    if (name_exists(folder / "ca.toml")) authority::require_ledger_name(*options.to, folder);
  }
  const store::Copied copied = store::copy_ledger(from, to);
  if (session.json()) {
    Json document = session.document();
    document["from"] = from.shown();
    document["to"] = to.shown();
    document["ledger_id"] = copied.ledger_id;
    document["rows"] = Json::array();
    for (const auto& [table, count] : copied.rows) {
      document["rows"].push_back({{"table", table}, {"count", count}});
    }
    session.print(document);
    return ExitCode::ok;
  }
  std::string text = format("copied and compared: {} to {}\n", from.shown(), to.shown());
  for (const auto& [table, count] : copied.rows) text += format("  {:<16} {}\n", table, count);
  session.out().write(text);
  session.messages().note(
      "ca.toml still names the old one: write the new URL as 'store' into it, on every machine, "
      "before anything is issued again");
  return ExitCode::ok;
}

}  // namespace

void add_store_copy(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Copies a ledger into another place, from one engine to the other or within one: all of it "
      "or "
      "nothing, from one moment, and compared row by row before it counts. What is issued "
      "afterwards "
      "is not in the copy: stop issuing, copy, and then change 'store' in ca.toml. With --store no "
      "CA directory is needed.");
  OptionSet set = command.options();
  set.value("--to", options->to, store_value(),
            "Where the copy goes: a file that is not there, or a database without a ledger");
  options->ca.add_to(set);
  command.example(
      "$ mtlsctl store copy --to postgresql://issuer@db.example/ca\n"
      "copied and compared: ca/ca.db to postgresql://issuer@db.example/ca\n"
      "  issuers          1\n"
      "  …");
  command.without_openssl_configuration();
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
