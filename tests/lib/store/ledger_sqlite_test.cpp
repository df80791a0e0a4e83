// What a ledger makes of a file: of a failing disk, of the one write lock, of damage.
#include "lib/store/ledger_fixture.hpp"
#include "lib/store/system_call_faults.hpp"

#include <sqlite3.h>

#include <cerrno>

namespace mtls::store::test {
namespace {

void record(Ledger& ledger, const Intent& intent) { ledger.record_intents({&intent, 1}); }
void complete(Ledger& ledger, const Issued& issued) { ledger.record_issued({&issued, 1}); }

State state_of(const LedgerFixture& fixture, std::uint64_t number) {
  const auto record = fixture.ledger.find(fixture.issuer, serial(number));
  REQUIRE(record);
  return record->state;
}

TEST_CASE("a failing disk is told by its cause and nothing is half recorded") {
  LedgerFixture fixture;
  record(fixture.ledger, intent(fixture.issuer, 1));
  const auto try_to_complete = [&] { complete(fixture.ledger, issued(fixture.issuer, 1)); };
  {
    const SystemCallFault fault(SystemCallFault::Call::write, ENOSPC);
    CHECK(code_of(try_to_complete) == Errc::disk_full);
  }
  {
    const SystemCallFault fault(SystemCallFault::Call::sync, EIO);
    CHECK(code_of(try_to_complete) == Errc::ledger_unavailable);
  }
  CHECK(state_of(fixture, 1) == State::intent);
  try_to_complete();
  CHECK(state_of(fixture, 1) == State::issued);
}

TEST_CASE("a lock that is held too long is ledger_locked") {
  LedgerFixture fixture;
  LedgerLocation impatient = fixture.location;
  impatient.lock_timeout = std::chrono::milliseconds(30);
  Ledger waiting = Ledger::open(impatient, k_id, LedgerAccess::read_write);
  const auto connection =
      open_sqlite(fixture.location.file, OpenMode::read_write, std::chrono::seconds(30));
  {
    const Transaction holder(*connection, Transaction::Kind::writing);
    const auto error = thrown_by([&] { record(waiting, intent(fixture.issuer, 1)); });
    REQUIRE(error);
    CHECK(error->code() == Errc::ledger_locked);
    CHECK(error->hint().find("--lock-timeout") != std::string::npos);
  }
  record(waiting, intent(fixture.issuer, 1));
  CHECK(waiting.count() == 1);
}

TEST_CASE("a record that cannot be is damage") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  const char* column = "";
  SUBCASE("serial") { column = "serial = 'xyz'"; }
  SUBCASE("certificate") { column = "certificate = 'no base64'"; }
  SUBCASE("fingerprint") { column = "fingerprint = 'abc'"; }
  SUBCASE("key") { column = "spki_hash = ''"; }
  SUBCASE("names") { column = "sans = 'dns:unfinished'"; }
  SUBCASE("a word for a number") { column = "not_after = 'tomorrow'"; }
  SUBCASE("a number for a word") { column = "subject = x'00ff'"; }
  sqlite3* plain = nullptr;
  REQUIRE(sqlite3_open(fixture.location.file.c_str(), &plain) == SQLITE_OK);
  const std::string sql = std::string("UPDATE certificates SET ") + column;
  CHECK(sqlite3_exec(plain, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(plain);
  CHECK(code_of([&] { return list(fixture.ledger); }) == Errc::ledger_damaged);
}

}  // namespace
}  // namespace mtls::store::test
