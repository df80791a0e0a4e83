#include "authority/ca_files.hpp"
#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/counted.hpp"
#include "cmd/log_view.hpp"
#include "cmd/value_types.hpp"
#include "store/transfer.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace mtls::cmd {
namespace {

struct Options {
  CaOptions ca;
  Path file;
};

/// A backup is a file; what looks like a URL would become a file of that name.
void refuse_url(const Path& file) {
  for (const std::string_view scheme : {"sqlite:", "postgresql://", "postgres://"}) {
    if (file.native().rfind(scheme, 0) != 0) continue;
    throw Error(Errc::usage, "store backup takes the name of a file, not the URL of a ledger",
                "leave out 'sqlite:'; into a database of PostgreSQL's a ledger is copied with "
                "'mtlsctl store copy --to URL'");
  }
}

/// A copy of a ledger that was rolled back may come to stand in the place of a good one.
void warn_of_rollback(const Options& options, const Session& session) {
  if (options.ca.store) return;  // named for this run: not compared
  const auto ca = options.ca.find();
  if (!ca) return;
  const authority::SeenState state =
      ca->compare_seen(ca->examine_ledger(store::LedgerAccess::read_only, options.ca.wait().value));
  if (is_against(state)) session.messages().warning(state.message, state.hint);
}

ExitCode run(const Options& options, Session& session) {
  refuse_url(options.file);
  warn_of_rollback(options, session);
  const store::LedgerLocation from = options.ca.locate_ledger();
  const Path target = std::filesystem::absolute(options.file);
  authority::refuse_ca_file(target);
  authority::require_ledger_name(target);
  store::LedgerLocation to = store::LedgerLocation::at(store::StoreUrl::sqlite(target));
  to.lock_timeout = from.lock_timeout;
  const store::Copied copied = store::copy_ledger(from, to);
  std::int64_t rows = 0;
  for (const auto& table : copied.rows) rows += table.count;
  if (session.json()) {
    Json document = session.document();
    document["from"] = from.shown();
    document["file"] = to.shown();
    document["ledger_id"] = copied.ledger_id;
    document["rows"] = rows;
    session.print(document);
  } else {
    session.out().write(format("backed up and compared: {} to {}, {}\n", from.shown(), to.shown(),
                               counted(rows, "row", "rows")));
  }
  return ExitCode::ok;
}

}  // namespace

void add_store_backup(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Writes the ledger as it is at one moment into a new file of SQLite's, compared row by row "
      "before it counts; others may go on issuing meanwhile. A plain copy of the database file is "
      "no backup: the newest entries are in the file beside it (FILE-wal). To restore, put the "
      "file in the ledger's place, without the -wal and -shm files of the old one; mtlsctl then "
      "says that it is older than the one used last, until 'mtlsctl store accept-rollback'.");
  OptionSet set = command.options();
  set.positional("FILE", options->file, file_value(), "The new file");
  options->ca.add_to(set);
  command.example(
      "$ mtlsctl store backup /backup/ca-2026-01-31.db\n"
      "backed up and compared: ca/ca.db to /backup/ca-2026-01-31.db, 124 rows");
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
