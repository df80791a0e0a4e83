// Several processes and one ledger. The long ones are in many_processes_test.cpp.
#include "lib/store/child_process.hpp"
#include "lib/store/ledger_fixture.hpp"

#include <set>
#include <stdexcept>

namespace mtls::store::test {
namespace {

constexpr int k_processes = 16;
constexpr int k_each = 25;

TEST_CASE("16 processes record 25 certificates each") {
  const TemporaryDirectory directory;
  const LedgerLocation location{.file = directory.path() / "ca.db"};
  IssuerId issuer{};
  {
    Ledger ledger = Ledger::create(location, k_id);
    issuer = add_root(ledger);
  }
  const int failures = mtls::test::run_children(k_processes, k_processes, [&](int process) {
    Ledger ledger = Ledger::open(location, k_id, LedgerAccess::read_write);
    for (int i = 0; i < k_each; ++i) {
      const auto number =
          static_cast<std::uint64_t>(process) * k_each + static_cast<std::uint64_t>(i);
      const Intent wanted = intent(issuer, number);
      ledger.record_intents({&wanted, 1});
      const Issued done = issued(issuer, number);
      ledger.record_issued({&done, 1});
    }
  });
  CHECK(failures == 0);

  const Ledger ledger = Ledger::open(location, k_id, LedgerAccess::read_only);
  std::set<std::string> serials;
  for (const Record& record : list(ledger)) {
    CHECK(record.state == State::issued);
    serials.insert(record.serial.to_text());
  }
  CHECK(serials.size() == std::size_t{k_processes} * k_each);
}

TEST_CASE("of many processes with one serial or request key, one wins") {
  const TemporaryDirectory directory;
  const LedgerLocation location{.file = directory.path() / "ca.db"};
  IssuerId issuer{};
  {
    Ledger ledger = Ledger::create(location, k_id);
    issuer = add_root(ledger);
  }
  for (const Errc expected : {Errc::serial_conflict, Errc::request_key_used}) {
    const bool same_serial = expected == Errc::serial_conflict;
    const int losers = mtls::test::run_children(8, 8, [&](int process) {
      Ledger ledger = Ledger::open(location, k_id, LedgerAccess::read_write);
      Intent wanted = intent(issuer, same_serial ? 1 : static_cast<std::uint64_t>(100 + process));
      if (!same_serial) wanted.request_key = "one";
      const auto code = code_of([&] { ledger.record_intents({&wanted, 1}); });
      if (code == expected) ::_exit(1);
      if (code) ::_exit(7);
    });
    CHECK(losers == 7);
  }
  CHECK(Ledger::open(location, k_id, LedgerAccess::read_only).count() == 2);
}

TEST_CASE("16 first opens of a new ledger at once make one") {
  const TemporaryDirectory directory;
  const LedgerLocation location{.file = directory.path() / "ca.db"};
  CHECK(mtls::test::run_children(16, 16, [&](int) {
          Ledger ledger = Ledger::create(location, k_id);
          static_cast<void>(add_root(ledger));
        }) == 0);
  Ledger ledger = Ledger::open(location, k_id, LedgerAccess::read_write);
  CHECK(add_root(ledger) == IssuerId{1});
}

TEST_CASE("of first opens with different ids one wins and the others are told") {
  const TemporaryDirectory directory;
  const LedgerLocation location{.file = directory.path() / "ca.db"};
  const int losers = mtls::test::run_children(8, 8, [&](int) {
    const auto code = code_of([&] { return Ledger::create(location, make_ledger_id()); });
    if (code == Errc::would_overwrite) ::_exit(1);
    if (code) throw std::runtime_error(std::string(name(*code)));
  });
  CHECK(losers == 7);
}

TEST_CASE("readers go on while others write") {
  const TemporaryDirectory directory;
  const LedgerLocation location{.file = directory.path() / "ca.db"};
  IssuerId issuer{};
  {
    Ledger ledger = Ledger::create(location, k_id);
    issuer = add_root(ledger);
    issue(ledger, intent(issuer, 1));
  }
  const int failures = mtls::test::run_children(8, 8, [&](int process) {
    for (int i = 0; i < 20; ++i) {
      if (process % 2 == 0) {
        Ledger ledger = Ledger::open(location, k_id, LedgerAccess::read_write);
        issue(ledger, intent(issuer, 1000 + static_cast<std::uint64_t>(process) * 100 +
                                         static_cast<std::uint64_t>(i)));
      } else {
        const Ledger ledger = Ledger::open(location, k_id, LedgerAccess::read_only);
        if (list(ledger).empty()) throw std::runtime_error("an empty list");
      }
    }
  });
  CHECK(failures == 0);
  CHECK(Ledger::open(location, k_id, LedgerAccess::read_only).count() == 81);
}

}  // namespace
}  // namespace mtls::store::test
