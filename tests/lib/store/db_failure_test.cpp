#include "store/db_failure.hpp"

#include "support/thrown.hpp"

#include <utility>

namespace mtls::store {
namespace {

const LedgerName k_name{.file = "ca/ca\x1b.db", .lock_timeout = std::chrono::milliseconds(1500)};

TEST_CASE("each kind of failure has its code") {
  for (const auto& [kind, code] :
       {std::pair(DbErrc::unique, Errc::ledger_damaged),
        std::pair(DbErrc::constraint, Errc::ledger_damaged),
        std::pair(DbErrc::busy, Errc::ledger_locked), std::pair(DbErrc::full, Errc::disk_full),
        std::pair(DbErrc::undone, Errc::ledger_locked),
        std::pair(DbErrc::unavailable, Errc::ledger_unavailable),
        std::pair(DbErrc::corrupt, Errc::ledger_damaged),
        std::pair(DbErrc::readonly, Errc::permission),
        std::pair(DbErrc::outcome_unknown, Errc::ledger_unavailable),
        std::pair(DbErrc::unexpected_answer, Errc::ledger_unavailable),
        std::pair(DbErrc::other, Errc::internal)}) {
    const Error error = to_error(DbError(kind, "words"), k_name);
    CHECK(error.code() == code);
    CHECK(error.message().find("ca/ca\\x1b.db") != std::string::npos);
  }
}

TEST_CASE("a change that was undone for others is not one that waited too long") {
  const Error error = to_error(DbError(DbErrc::undone, "deadlock detected"), k_name);
  CHECK(error.message().find("deadlock detected") != std::string::npos);
  CHECK(error.message().find("1500 ms") == std::string::npos);
}

TEST_CASE("only an engine's failure is turned, all else passes") {
  CHECK(mtls::test::code_of([] {
          with_ledger_errors(k_name, [] { throw DbError(DbErrc::busy, "x"); });
        }) == Errc::ledger_locked);
  CHECK(mtls::test::code_of([] {
          with_ledger_errors(k_name, [] { throw Error(Errc::intent_live, "x"); });
        }) == Errc::intent_live);
  CHECK(with_ledger_errors(k_name, [] { return 7; }) == 7);
}

}  // namespace
}  // namespace mtls::store
