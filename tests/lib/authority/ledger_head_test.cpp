#include "authority/ledger_head.hpp"

#include "base/error.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown.hpp"

#include <doctest/doctest.h>

namespace mtls::authority {
namespace {

using mtls::test::code_of;

SeenHead seen(std::int64_t seq, std::uint8_t hash, char id = 'a') {
  SeenHead head{.ledger_id = std::string(32, id), .head = {.seq = seq, .hash = {}}};
  head.head.hash.fill(hash);
  return head;
}

struct Fixture {
  mtls::test::TemporaryDirectory scratch;
  Directory directory = Directory::open(scratch.path());
  [[nodiscard]] std::string content() const { return scratch.read("ledger.head"); }
};

TEST_CASE("ledger.head goes on and never back") {
  const Fixture fixture;
  advance_ledger_head(fixture.directory, seen(3, 3));
  const std::string third = fixture.content();
  advance_ledger_head(fixture.directory, seen(2, 2));
  CHECK(fixture.content() == third);
  advance_ledger_head(fixture.directory, seen(3, 3));
  CHECK(fixture.content() == third);
  advance_ledger_head(fixture.directory, seen(4, 4));
  CHECK(fixture.content() != third);
  CHECK(fixture.content().size() == third.size());
}

TEST_CASE("ledger.head does not change to another log") {
  const Fixture fixture;
  advance_ledger_head(fixture.directory, seen(3, 3));
  const std::string third = fixture.content();
  for (const auto& change : {advance_ledger_head, note_ledger_head}) {
    CHECK(code_of([&] { change(fixture.directory, seen(3, 4)); }) == Errc::ledger_rolled_back);
    CHECK(code_of([&] { change(fixture.directory, seen(9, 9, 'b')); }) == Errc::ledger_mismatch);
    CHECK(fixture.content() == third);
  }
  reset_ledger_head(fixture.directory, seen(1, 9, 'b'));
  CHECK(fixture.content() != third);
}

TEST_CASE("who only reads makes no ledger.head and mends none") {
  const Fixture fixture;
  note_ledger_head(fixture.directory, seen(3, 3));
  CHECK(!fixture.directory.contains("ledger.head"));
  static_cast<void>(fixture.scratch.write("ledger.head", "damaged"));
  note_ledger_head(fixture.directory, seen(3, 3));
  CHECK(fixture.content() == "damaged");
}

}  // namespace
}  // namespace mtls::authority
