#include "store/db_failure.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"

namespace mtls::store {

std::string LedgerName::shown() const {
  return server ? server->shown() : printable(file.native());
}

namespace {

Error unavailable(const LedgerName& ledger, std::string_view what) {
  const std::string message = format("cannot use the ledger {}: {}", ledger.shown(), what);
  if (!ledger.server) {
    return {Errc::ledger_unavailable, message,
            "look at 'store' in ca.toml; a ledger that was lost is restored from a backup, and "
            "never made anew for a CA that has issued"};
  }
  if (what.find("does not support SSL") != std::string_view::npos) {
    return {Errc::ledger_unavailable, message,
            "over TCP the server must show a certificate that can be verified; a URL that says "
            "sslmode=disable goes without, and every receipt says so"};
  }
  if (what.find("certificate") != std::string_view::npos) {
    return {Errc::ledger_unavailable, message,
            "the server is verified as sslmode=verify-full does: put its CA into "
            "~/.postgresql/root.crt, or name the file with ?sslrootcert=FILE in the URL"};
  }
  if (what.find("password") != std::string_view::npos) {
    return {Errc::ledger_unavailable, message,
            "put the password into a file of mode 0600 that PGPASSFILE names (default: ~/.pgpass)"};
  }
  return {Errc::ledger_unavailable, message,
          "is the server running, and is 'store' in ca.toml (or --store, MTLSCTL_STORE) right?"};
}

Error not_permitted(const LedgerName& ledger, std::string_view what) {
  return {Errc::permission, format("cannot use the ledger {}: {}", ledger.shown(), what),
          ledger.server
              ? "docs/ledger.md has the rights that an issuer and a reader need"
              : "the ledger and its directory must be writable for you, also for reading (SQLite "
                "keeps two files beside it). Who may only read has 'verify' and 'cert show SERIAL' "
                "once nobody has written for three seconds; for all else copy the directory"};
}

}  // namespace

Error to_error(const DbError& failure, const LedgerName& ledger) {
  const std::string name = ledger.shown();
  const std::string_view what = failure.what();
  switch (failure.code()) {
    case DbErrc::busy:
      return {Errc::ledger_locked,
              format("the ledger {} is locked: others were using it for the {} ms that were waited",
                     name, ledger.lock_timeout.count()),
              "run the same command again, or wait longer with --lock-timeout"};
    case DbErrc::undone:
      return {
          Errc::ledger_locked,
          format("the ledger {} took the change back for the sake of others who were writing at "
                 "the same time: {}",
                 name, what),
          "run the same command again"};
    case DbErrc::full:
      return {Errc::disk_full, format("cannot write the ledger {}: {}", name, what),
              "make room and run the same command again; the ledger is as it was"};
    case DbErrc::unavailable:
      return unavailable(ledger, what);
    case DbErrc::unexpected_answer:
      return {Errc::ledger_unavailable, format("cannot use the ledger {}: {}", name, what),
              "connect to PostgreSQL itself, without a pooler or proxy in between, and with TLS"};
    case DbErrc::outcome_unknown:
      return {Errc::ledger_unavailable,
              format("cannot tell whether the ledger {} took the change: {}", name, what),
              "look with 'mtlsctl cert list' before running it again"};
    case DbErrc::corrupt:
      return {Errc::ledger_damaged, format("the ledger {} is damaged: {}", name, what),
              "issue nothing with it; 'mtlsctl store check' says what is damaged, 'mtlsctl store "
              "repair' makes indexes anew, 'mtlsctl store copy' takes along what can be read; for "
              "the rest restore a backup"};
    case DbErrc::readonly:
      return not_permitted(ledger, what);
    case DbErrc::unique:
    case DbErrc::constraint:
      // What may be refused is asked for beforehand, or caught where it is meant.
      return {
          Errc::ledger_damaged,
          format("the ledger {} is damaged: it refuses a row that belongs into it: {}", name, what),
          "other hands changed its tables or rows: 'mtlsctl store check' looks at them; restore "
          "it from a backup"};
    case DbErrc::other:
      break;
  }
  return {Errc::internal, format("the ledger {} refused a statement: {}", name, what)};
}

}  // namespace mtls::store
