// Ledgers that somebody or something has changed: an error of the right kind, or an answer.
#include "lib/store/ledger_fixture.hpp"

#include <random>
#include <set>

namespace mtls::store::test {
namespace {

std::string whole_ledger() {
  const TemporaryDirectory directory;
  const LedgerLocation location{.file = directory.path() / "ca.db"};
  {
    Ledger ledger = Ledger::create(location, k_id);
    const IssuerId issuer = add_root(ledger);
    for (std::uint64_t number = 0; number < 20; ++number) issue(ledger, intent(issuer, number));
  }
  return directory.read("ca.db");
}

/// Uses a ledger in every way; nothing where all went well.
std::optional<Errc> use(const std::string& octets) {
  const TemporaryDirectory directory;
  directory.write("ca.db", octets);
  const LedgerLocation location{.file = directory.path() / "ca.db",
                                .lock_timeout = std::chrono::seconds(5)};
  return code_of([&] {
    Ledger ledger = Ledger::open(location, k_id, LedgerAccess::read_write);
    static_cast<void>(list(ledger));
    static_cast<void>(ledger.find_later_than(IssuerId{1}, at(0)));
    ledger.read_log(IssuerId{1}, 1, [](const LogEntry& /*entry*/) { return Continue::yes; });
    static_cast<void>(ledger.find_by_key(digest(0x22)));
    static_cast<void>(ledger.find_by_fingerprint(digest(0x44)));
    issue(ledger, intent(IssuerId{1}, 5000));
  });
}

// The last three where it is an index that says what no row does: 'store check' finds that.
const std::set<Errc> k_expected{
    Errc::ledger_damaged, Errc::ledger_mismatch, Errc::ledger_unavailable, Errc::permission,
    Errc::internal,       Errc::serial_conflict, Errc::request_key_used,   Errc::revoked_meanwhile};

TEST_CASE("a ledger cut short anywhere is an error and never a crash") {
  const std::string whole = whole_ledger();
  REQUIRE(use(whole) == std::nullopt);
  for (std::size_t size = 0; size < whole.size(); size += 509) {
    CAPTURE(size);
    const auto code = use(whole.substr(0, size));
    REQUIRE(code);
    CHECK(k_expected.count(*code) == 1);
    CHECK(*code != Errc::internal);
  }
}

TEST_CASE("a ledger with an octet changed is an error or an answer and never a crash") {
  const std::string whole = whole_ledger();
  std::mt19937 random(20260131);  // NOLINT(cert-msc51-cpp): the same damage in every run
  std::uniform_int_distribution<std::size_t> place(0, whole.size() - 1);
  std::uniform_int_distribution<int> bit(0, 7);
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string changed = whole;
    const std::size_t where = place(random);
    changed[where] = static_cast<char>(static_cast<unsigned char>(changed[where]) ^
                                       (1U << static_cast<unsigned>(bit(random))));
    CAPTURE(where);
    const auto code = use(changed);
    if (!code) continue;
    ++refused;
    CHECK(k_expected.count(*code) == 1);
  }
  CHECK(refused > 50);
}

}  // namespace
}  // namespace mtls::store::test
