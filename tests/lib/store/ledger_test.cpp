// Making and opening ledgers.
#include "store/ledger.hpp"

#include "lib/store/engine.hpp"
#include "lib/store/ledger_fixture.hpp"
#include "support/umask.hpp"

#include <sqlite3.h>

#include <filesystem>

namespace mtls::store::test {
namespace {

namespace fs = std::filesystem;

LedgerLocation in(const TemporaryDirectory& directory, const char* name = "ca.db") {
  return {.file = directory.path() / name, .lock_timeout = std::chrono::seconds(30)};
}

void change(const LedgerLocation& location, const char* sql) {
  sqlite3* plain = nullptr;
  REQUIRE(sqlite3_open(location.file.c_str(), &plain) == SQLITE_OK);
  CHECK(sqlite3_exec(plain, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(plain);
}

TEST_CASE("a new ledger is empty and 0600") {
  const TemporaryDirectory directory;
  const mtls::test::Umask umask(0);
  const Ledger ledger = Ledger::create(in(directory), k_id);
  CHECK(ledger.count() == 0);
  CHECK(ledger.issuers().empty());
  CHECK(list(ledger).empty());
  CHECK(mtls::test::mode_of(directory.file("ca.db").c_str()) == 0600);
}

TEST_CASE("a ledger in memory is one, too") {
  Ledger ledger = Ledger::create_in_memory(k_id);
  const IssuerId issuer = add_root(ledger);
  issue(ledger, intent(issuer, 1));
  CHECK(ledger.count() == 1);
}

TEST_CASE("making the same ledger again opens it as it is") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  const Ledger again = Ledger::create(fixture.location, k_id);
  CHECK(again.count() == 1);
}

TEST_CASE("another ledger in its place is not overwritten") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  CHECK(code_of([&] { return Ledger::create(fixture.location, k_other_id); }) ==
        Errc::would_overwrite);
  CHECK(fixture.reopen().count() == 1);
}

TEST_CASE("an empty file that an interrupted run left is taken over") {
  const TemporaryDirectory directory;
  directory.write("ca.db", "");
  CHECK(Ledger::create(in(directory), k_id).count() == 0);
}

TEST_CASE("a database without tables that an interrupted run left is taken over") {
  const TemporaryDirectory directory;
  {
    const auto header_only =
        open_sqlite(directory.file("ca.db"), OpenMode::create, std::chrono::seconds(30));
  }
  CHECK(Ledger::create(in(directory), k_id).count() == 0);
}

TEST_CASE("files of others are left alone") {
  const TemporaryDirectory directory;
  const LedgerLocation location = in(directory);
  SUBCASE("text") { directory.write("ca.db", "not a database, but somebody's"); }
  SUBCASE("a database of something else") {
    directory.write("ca.db", "");
    change(location, "CREATE TABLE bookmarks (url text)");
  }
  const std::string before = directory.read("ca.db");
  CHECK(code_of([&] { return Ledger::create(location, k_id); }) == Errc::would_overwrite);
  CHECK(directory.read("ca.db") == before);
}

TEST_CASE("a link or a directory at the name is left alone") {
  const TemporaryDirectory directory;
  fs::create_symlink(directory.file("elsewhere"), directory.file("link.db"));
  fs::create_directory(directory.file("directory.db"));
  for (const char* name : {"link.db", "directory.db"}) {
    CHECK(code_of([&] { return Ledger::create(in(directory, name), k_id); }) ==
          Errc::would_overwrite);
  }
  CHECK_FALSE(fs::exists(directory.file("elsewhere")));
}

TEST_CASE("a directory that is absent is no place for a ledger") {
  const TemporaryDirectory directory;
  CHECK(code_of([&] { return Ledger::create(in(directory, "no/ca.db"), k_id); }) == Errc::io);
}

TEST_CASE("opening asks for the id of ca.toml") {
  const LedgerFixture fixture;
  for (const LedgerAccess access : {LedgerAccess::read_only, LedgerAccess::read_write}) {
    CHECK(Ledger::open(fixture.location, k_id, access).count() == 0);
    CHECK(code_of([&] { return Ledger::open(fixture.location, k_other_id, access); }) ==
          Errc::ledger_mismatch);
    CHECK(code_of([&] { return Ledger::open(fixture.location, "", access); }) ==
          Errc::ledger_mismatch);
  }
}

TEST_CASE("a ledger that is absent is unavailable and is not made") {
  const TemporaryDirectory directory;
  for (const LedgerAccess access : {LedgerAccess::read_only, LedgerAccess::read_write}) {
    CHECK(code_of([&] { return Ledger::open(in(directory), k_id, access); }) ==
          Errc::ledger_unavailable);
  }
  CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("a ledger that was only begun is unavailable, with the way out") {
  const TemporaryDirectory directory;
  directory.write("ca.db", "");
  for (const LedgerAccess access : {LedgerAccess::read_only, LedgerAccess::read_write}) {
    const auto error = thrown_by([&] { return Ledger::open(in(directory), k_id, access); });
    REQUIRE(error);
    CHECK(error->code() == Errc::ledger_unavailable);
    CHECK(error->hint().find("backup") != std::string::npos);
  }
}

TEST_CASE("what is no ledger is told from a damaged one") {
  const TemporaryDirectory directory;
  directory.write("other.db", "");
  change(in(directory, "other.db"), "CREATE TABLE bookmarks (url text)");
  directory.write("text.db", std::string(5000, 'x'));
  for (const LedgerAccess access : {LedgerAccess::read_only, LedgerAccess::read_write}) {
    CHECK(code_of([&] { return Ledger::open(in(directory, "other.db"), k_id, access); }) ==
          Errc::ledger_mismatch);
    CHECK(code_of([&] { return Ledger::open(in(directory, "text.db"), k_id, access); }) ==
          Errc::ledger_damaged);
  }
}

TEST_CASE("a ledger of a newer mtlsctl is refused in words") {
  const LedgerFixture fixture;
  change(fixture.location, "UPDATE meta SET schema_version = 1000");
  for (const LedgerAccess access : {LedgerAccess::read_only, LedgerAccess::read_write}) {
    const auto error = thrown_by([&] { return Ledger::open(fixture.location, k_id, access); });
    REQUIRE(error);
    CHECK(error->code() == Errc::ledger_mismatch);
    CHECK(error->message().find("newer mtlsctl") != std::string::npos);
  }
  CHECK(code_of([&] { return Ledger::create(fixture.location, k_id); }) == Errc::ledger_mismatch);
}

TEST_CASE("a ledger whose meta is gone or doubtful is damaged") {
  LedgerFixture fixture;
  SUBCASE("no row") { change(fixture.location, "DELETE FROM meta"); }
  SUBCASE("a word for a number") {
    change(fixture.location, "UPDATE meta SET schema_version = 'one'");
  }
  SUBCASE("no column") { change(fixture.location, "ALTER TABLE meta DROP COLUMN ledger_id"); }
  CHECK(code_of([&] { static_cast<void>(fixture.reopen()); }) == Errc::ledger_damaged);
}

TEST_CASE("errors name the ledger, made safe to show") {
  const TemporaryDirectory directory;
  const auto error = thrown_by(
      [&] { return Ledger::open(in(directory, "a\x1b[2Jb.db"), k_id, LedgerAccess::read_only); });
  REQUIRE(error);
  CHECK(error->message().find("a\\x1b[2Jb.db") != std::string::npos);
}

TEST_CASE("an issuer is a name and a key, and is recorded once") {
  LedgerFixture fixture;
  const x509::Name root = x509::Name::parse("CN=root");
  CHECK(fixture.ledger.add_issuer(root, key(1), author()) == fixture.issuer);
  CHECK(fixture.ledger.find_issuer(root, key(1)) == fixture.issuer);
  CHECK(fixture.ledger.find_issuer(root, key(2)) == std::nullopt);
  CHECK(fixture.ledger.find_issuer(x509::Name::parse("CN=other"), key(1)) == std::nullopt);

  const IssuerId renamed =
      fixture.ledger.add_issuer(x509::Name::parse("CN=other"), key(1), author());
  const IssuerId rekeyed = fixture.ledger.add_issuer(root, key(2), author());
  CHECK(renamed != fixture.issuer);
  CHECK(rekeyed != fixture.issuer);
  CHECK(rekeyed != renamed);
  CHECK(fixture.reopen().find_issuer(root, key(2)) == rekeyed);
}

TEST_CASE("a CA certificate is recorded once") {
  LedgerFixture fixture;
  const x509::Name root = x509::Name::parse("CN=root");
  for (int i = 0; i < 2; ++i) {
    CHECK(fixture.ledger.add_issuer(root, key(1), ca_certificate(), author()) == fixture.issuer);
  }
  const auto connection =
      open_sqlite(fixture.location.file, OpenMode::read_only, std::chrono::seconds(30));
  CHECK(number(*connection, "SELECT count(*) FROM ca_certificates") == 1);
  CHECK(fixture.ledger.log_head(fixture.issuer).seq == 2);
}

TEST_CASE("a ledger moves with what it has open") {
  LedgerFixture fixture;
  Ledger moved = std::move(fixture.ledger);
  issue(moved, intent(fixture.issuer, 1));
  fixture.ledger = std::move(moved);
  CHECK(fixture.ledger.count() == 1);
}

TEST_CASE("ledger ids are random hex of 32 digits") {
  const std::string one = make_ledger_id();
  CHECK(one.size() == 32);
  CHECK(one.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(one != make_ledger_id());
}

}  // namespace
}  // namespace mtls::store::test
