// What goes wrong only among many: the numbers that other libraries failed at.
#include "lib/store/child_process.hpp"
#include "lib/store/ledger_fixture.hpp"
#include "lib/store/system_call_faults.hpp"

#include <array>
#include <csignal>
#include <set>

namespace mtls::store::test {
namespace {

struct Prepared {
  TemporaryDirectory directory;
  LedgerLocation location{.file = directory.path() / "ca.db"};
  IssuerId issuer = [this] {
    Ledger ledger = Ledger::create(location, k_id);
    return add_root(ledger);
  }();
};

TEST_CASE("100 first opens of a new ledger at once make one") {
  for (int round = 0; round < 5; ++round) {
    const TemporaryDirectory directory;
    const LedgerLocation location{.file = directory.path() / "ca.db"};
    CHECK(mtls::test::run_children(100, 100, [&](int process) {
            Ledger ledger = Ledger::create(location, k_id);
            issue(ledger, intent(add_root(ledger), static_cast<std::uint64_t>(process)));
          }) == 0);
    CHECK(Ledger::open(location, k_id, LedgerAccess::read_only).count() == 100);
  }
}

TEST_CASE("800 short processes, eight at a time, all succeed") {
  const Prepared prepared;
  CHECK(mtls::test::run_children(800, 8, [&](int process) {
          Ledger ledger = Ledger::open(prepared.location, k_id, LedgerAccess::read_write);
          issue(ledger, intent(prepared.issuer, static_cast<std::uint64_t>(process)));
        }) == 0);
  const Ledger ledger = Ledger::open(prepared.location, k_id, LedgerAccess::read_only);
  CHECK(list(ledger, {.state = State::issued}).size() == 800);
}

TEST_CASE("100 processes record 20 certificates each") {
  const Prepared prepared;
  CHECK(mtls::test::run_children(100, 100, [&](int process) {
          Ledger ledger = Ledger::open(prepared.location, k_id, LedgerAccess::read_write);
          for (int i = 0; i < 20; ++i) {
            issue(ledger, intent(prepared.issuer, static_cast<std::uint64_t>(process) * 1000 +
                                                      static_cast<std::uint64_t>(i)));
          }
        }) == 0);
  CHECK(Ledger::open(prepared.location, k_id, LedgerAccess::read_only).count() == 2000);
}

TEST_CASE("on a slow disk nobody starves") {
  Prepared prepared;
  // 16 writers in turn would wait 15 × 3 fsyncs: half a second.
  prepared.location.lock_timeout = std::chrono::seconds(5);
  CHECK(mtls::test::run_children(16, 16, [&](int process) {
          slow_sync_down(std::chrono::milliseconds(10));
          Ledger ledger = Ledger::open(prepared.location, k_id, LedgerAccess::read_write);
          for (int i = 0; i < 50; ++i) {
            issue(ledger, intent(prepared.issuer, static_cast<std::uint64_t>(process) * 1000 +
                                                      static_cast<std::uint64_t>(i)));
          }
        }) == 0);
  CHECK(Ledger::open(prepared.location, k_id, LedgerAccess::read_only).count() == 800);
}

/// Reads what workers acknowledged: one number for each recorded certificate.
std::set<std::uint64_t> read_numbers(int fd) {
  std::set<std::uint64_t> numbers;
  std::uint64_t number = 0;
  // Writes of eight octets into a pipe are whole or not there.
  while (::read(fd, &number, sizeof number) == sizeof number) numbers.insert(number);
  return numbers;
}

TEST_CASE("workers killed at any moment lose nothing that they acknowledged") {
  const Prepared prepared;
  std::set<std::uint64_t> acknowledged;
  for (int worker = 0; worker < 60; ++worker) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t pid = mtls::test::start_child([&] {
      Ledger ledger = Ledger::open(prepared.location, k_id, LedgerAccess::read_write);
      for (std::uint64_t i = 0;; ++i) {
        const std::uint64_t number = static_cast<std::uint64_t>(worker) * 1'000'000 + i;
        issue(ledger, intent(prepared.issuer, number));
        if (::write(ends[1], &number, sizeof number) != sizeof number) ::_exit(1);
      }
    });
    ::close(ends[1]);
    // From within its opening to a hundred certificates later.
    ::usleep(static_cast<useconds_t>(500 + worker * 1700));
    ::kill(pid, SIGKILL);
    CHECK(mtls::test::wait_for_child(pid) == 128 + SIGKILL);
    acknowledged.merge(read_numbers(ends[0]));
    ::close(ends[0]);
  }
  CHECK(acknowledged.size() > 60);

  Ledger ledger = Ledger::open(prepared.location, k_id, LedgerAccess::read_write);
  std::size_t missing = 0;
  for (const std::uint64_t number : acknowledged) {
    const auto found = ledger.find(prepared.issuer, serial(number));
    if (!found || found->state != State::issued) ++missing;
  }
  CHECK(missing == 0);
  issue(ledger, intent(prepared.issuer, 999'999'999));
}

}  // namespace
}  // namespace mtls::store::test
