#include "store/server_clock.hpp"

#include "store/db.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <thread>

namespace mtls::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const LedgerName k_name{.file = "ledger", .lock_timeout = milliseconds(0)};
constexpr UnixTime k_now{seconds(1'800'000'000)};

/// Says what it is told to, each time after a while.
struct Told final : Connection {
  struct Answer {
    milliseconds ahead;  // of k_now, half a second of which has gone by
    milliseconds takes{0};
  };
  explicit Told(std::deque<Answer> given) : answers(std::move(given)) {}
  std::optional<milliseconds> server_time() override {
    if (answers.empty()) return std::nullopt;
    const Answer answer = answers.front();
    answers.pop_front();
    std::this_thread::sleep_for(answer.takes);
    return k_now.time_since_epoch() + milliseconds(500) + answer.ahead;
  }
  std::unique_ptr<Statement> prepare(std::string_view /*sql*/) override { return nullptr; }
  void execute(std::string_view /*sql*/) override {}
  void define(std::string_view /*sql*/) override {}
  std::vector<std::string> tables() override { return {}; }
  void rebuild_indexes(std::string_view /*table*/) override {}
  void begin_writing() override {}
  void begin_exclusive() override {}
  void begin_reading() override {}
  void commit() override {}
  void roll_back() noexcept override {}
  std::deque<Answer> answers;
};

TEST_CASE("the server's time is what counts, where there is a server") {
  ServerClock clock(k_now);
  Told ahead({{.ahead = seconds(120)}});
  clock.measure(ahead, k_name);
  CHECK(clock.offset() == seconds(120));
  Told none({});
  ServerClock alone(k_now);
  alone.measure(none, k_name);
  CHECK(alone.offset() == seconds(0));
}

TEST_CASE("what goes by before the server is asked is not the server's") {
  ServerClock clock(k_now);
  std::this_thread::sleep_for(milliseconds(1200));  // connecting
  Told same({{.ahead = milliseconds(1200)}});
  clock.measure(same, k_name);
  CHECK(clock.offset() == seconds(0));
}

TEST_CASE("a slow answer is asked for again, and the quickest counts") {
  ServerClock clock(k_now);
  Told slow({{.ahead = seconds(0), .takes = milliseconds(1200)}, {.ahead = milliseconds(1200)}});
  clock.measure(slow, k_name);
  CHECK(slow.answers.empty());
  CHECK(clock.offset() == seconds(0));
}

TEST_CASE("clocks that are more than five minutes apart are refused") {
  for (const seconds apart : {seconds(303), seconds(-303)}) {
    ServerClock clock(k_now);
    Told far({{.ahead = apart}});
    CHECK(mtls::test::code_of([&] { clock.measure(far, k_name); }) == Errc::clock);
  }
}

TEST_CASE("a clock that was set forward is noticed, and a time that was read long ago is none") {
  const ServerClock clock(k_now);
  CHECK_FALSE(clock.is_overtaken_by(k_now - std::chrono::hours(1)));
  CHECK_FALSE(clock.is_overtaken_by(k_now + seconds(1)));
  CHECK(clock.is_overtaken_by(k_now + seconds(60)));
}

TEST_CASE("it is measured again after five minutes") {
  ServerClock clock(k_now);
  const auto now = std::chrono::steady_clock::now();
  CHECK_FALSE(clock.is_due(now + std::chrono::minutes(4)));
  CHECK(clock.is_due(now + std::chrono::minutes(6)));
}

}  // namespace
}  // namespace mtls::store
