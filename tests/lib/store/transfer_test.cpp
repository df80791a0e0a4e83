// Ledgers as a whole, on SQLite; the same between the engines: postgresql_ledger_test.cpp and
// tests/interop/postgresql_test.py.
#include "store/transfer.hpp"

#include "lib/store/engine.hpp"
#include "lib/store/ledger_fixture.hpp"
#include "store/schema.hpp"

#include <algorithm>

namespace mtls::store::test {
namespace {

LedgerLocation beside(const LedgerFixture& fixture, const char* name) {
  return {.file = fixture.directory.path() / name};
}

TEST_CASE("every table and column of a ledger is copied") {
  const LedgerFixture fixture;
  const auto connection = fixture.connect();
  std::vector<std::string> known{"meta"};
  for (const Table& table : ledger_tables()) {
    known.emplace_back(table.name);
    std::vector<std::string> listed;
    for (const Table::Column& column : table.columns) {
      listed.push_back(std::string(column.name) +
                       (column.kind == Table::Kind::text ? " text" : " bigint"));
    }
    std::vector<std::string> there;
    const auto columns =
        connection->prepare("SELECT name, lower(type) FROM pragma_table_info(:table)");
    columns->bind("table", table.name);
    while (columns->step()) {
      const std::string type = columns->text(1) == "integer" ? "bigint" : columns->text(1);
      there.push_back(columns->text(0) + " " + type);
    }
    CHECK(listed == there);
  }
  std::sort(known.begin(), known.end());
  CHECK(connection->tables() == known);
}

TEST_CASE("a copy has the same rows and the same id") {
  LedgerFixture fixture;
  for (std::uint64_t i = 1; i <= 5; ++i) issue(fixture.ledger, intent(fixture.issuer, i));
  const auto to = beside(fixture, "copy.db");
  const Copied copied = copy_ledger(fixture.location, to);
  CHECK(copied.ledger_id == k_id);
  Ledger copy = Ledger::open(to, k_id, LedgerAccess::read_write);
  CHECK(copy.count() == 5);
  CHECK(copy.log_head(fixture.issuer) == fixture.ledger.log_head(fixture.issuer));
  issue(copy, intent(fixture.issuer, 6));
  CHECK(copy.count() == 6);
  CHECK(fixture.ledger.count() == 5);
}

TEST_CASE("a copy overwrites nothing") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  CHECK(code_of([&] { return copy_ledger(fixture.location, fixture.location); }) ==
        Errc::would_overwrite);
  const auto other = beside(fixture, "other.db");
  {
    Ledger ledger = Ledger::create(other, k_other_id);
    static_cast<void>(add_root(ledger));
  }
  CHECK(code_of([&] { return copy_ledger(fixture.location, other); }) == Errc::would_overwrite);
  CHECK(Ledger::open(other, k_other_id, LedgerAccess::read_only).count() == 0);
}

std::vector<std::string> names_in(const LedgerFixture& fixture) {
  auto names = Directory::open(fixture.directory.path()).list();
  std::sort(names.begin(), names.end());
  return names;
}

TEST_CASE("a copy takes no place of an empty ledger of somebody else, nor of any file") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  const auto to = beside(fixture, "empty.db");
  static_cast<void>(Ledger::create(to, k_other_id));
  CHECK(code_of([&] { return copy_ledger(fixture.location, to); }) == Errc::would_overwrite);
  CHECK(Ledger::open(to, k_other_id, LedgerAccess::read_only).count() == 0);
  write_file(beside(fixture, "none.db").file, {}, Access::secret, Overwrite::no);
  CHECK(code_of([&] { return copy_ledger(fixture.location, beside(fixture, "none.db")); }) ==
        Errc::would_overwrite);
  std::filesystem::create_symlink("nowhere", beside(fixture, "link.db").file);
  CHECK(code_of([&] { return copy_ledger(fixture.location, beside(fixture, "link.db")); }) ==
        Errc::would_overwrite);
  CHECK_FALSE(name_exists(beside(fixture, "nowhere").file));
}

TEST_CASE("what cannot be copied leaves nothing behind") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  const auto to = beside(fixture, "copy.db");
  fixture.connect()->execute("UPDATE certificates SET not_after = 'tomorrow'");
  const auto before = names_in(fixture);
  CHECK(code_of([&] { return copy_ledger(fixture.location, to); }) == Errc::ledger_damaged);
  CHECK(names_in(fixture) == before);
  fixture.connect()->execute("UPDATE certificates SET not_after = 5");
  CHECK(copy_ledger(fixture.location, to).rows.size() == ledger_tables().size());
}

TEST_CASE("a copy clears away what one that was cut short left") {
  LedgerFixture fixture;
  const auto to = beside(fixture, "copy.db");
  const char* const left = ".copy.db.tmp-0123456789abcdef";
  for (const char* suffix : {"", "-wal", "-shm"}) {
    write_file(fixture.directory.path() / (std::string(left) + suffix), {}, Access::secret,
               Overwrite::no);
  }
  auto before = names_in(fixture);
  static_cast<void>(copy_ledger(fixture.location, to));
  before.erase(before.begin(), before.begin() + 3);  // they come first in the order of names
  before.emplace_back("copy.db");
  std::sort(before.begin(), before.end());
  CHECK(names_in(fixture) == before);
}

TEST_CASE("migrating says from where to where, and a trial does nothing") {
  const LedgerFixture fixture;
  const std::int64_t known = migrations().back().version;
  const Migrated same = migrate_ledger(fixture.location, author(), Trial::no);
  CHECK(same.from == known);
  CHECK(same.to == known);
  CHECK(same.ledger_id == k_id);
  fixture.connect()->execute("UPDATE meta SET schema_version = schema_version + 1");
  for (const Trial trial : {Trial::yes, Trial::no}) {
    CHECK(code_of([&] { return migrate_ledger(fixture.location, author(), trial); }) ==
          Errc::ledger_mismatch);
  }
  const auto absent = beside(fixture, "absent.db");
  CHECK(code_of([&] { return migrate_ledger(absent, author(), Trial::no); }) ==
        Errc::ledger_unavailable);
}

}  // namespace
}  // namespace mtls::store::test
