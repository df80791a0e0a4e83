// The log of an issuer, and its verification: batches, and what is found.
#include "base/bytes.hpp"
#include "lib/store/engine.hpp"
#include "lib/store/ledger_fixture.hpp"
#include "store/log_encoding.hpp"
#include "store/row_parts.hpp"

#include <algorithm>

namespace mtls::store::test {
namespace {

/// Records `count` certificates in two batches: intents, then certificates. All of them hold the
/// same certificate, whose TBS was their intents'.
void issue_batch(LedgerFixture& fixture, std::uint64_t first, std::uint64_t count) {
  const x509::Certificate certificate = ca_certificate();
  std::vector<Intent> intents;
  std::vector<Issued> certificates;
  for (std::uint64_t number = first; number < first + count; ++number) {
    intents.push_back(intent(fixture.issuer, number));
    intents.back().tbs = to_bytes(certificate.tbs());
    certificates.push_back(issued(fixture.issuer, number));
    certificates.back().certificate = to_bytes(certificate.der());
  }
  fixture.ledger.record_intents(intents);
  fixture.ledger.record_issued(certificates);
}

std::vector<Flaw> flaws(const AuditReport& report) {
  std::vector<Flaw> found;
  for (const AuditFinding& finding : report.findings) found.push_back(finding.flaw);
  return found;
}

void execute(const LedgerFixture& fixture, std::string_view sql) {
  fixture.connect(OpenMode::read_write)->execute(sql);
}

TEST_CASE("a batch is two commits and two entries, and is verified row by row") {
  for (const std::uint64_t count : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 64U, 1025U}) {
    CAPTURE(count);
    LedgerFixture fixture;
    const std::int64_t before = fixture.ledger.log_head(fixture.issuer).seq;
    issue_batch(fixture, 1, count);
    CHECK(fixture.ledger.log_head(fixture.issuer).seq == before + 2);
    const AuditReport report = fixture.ledger.verify_log(fixture.issuer);
    CHECK(report.found == 0);
    CHECK(report.rows == static_cast<std::int64_t>(count));
    CHECK(report.head == fixture.ledger.log_head(fixture.issuer));
  }
}

TEST_CASE("one row of a batch that was changed, removed or added is found") {
  for (const auto& [sql, flaw] :
       {std::pair("UPDATE certificates SET actor = 'mallory' WHERE id = 5", Flaw::row_altered),
        std::pair("UPDATE certificates SET issued_time = issued_time + 1 WHERE id = 5",
                  Flaw::row_altered),
        std::pair("DELETE FROM certificates WHERE id = 5", Flaw::entry_without_row),
        std::pair("UPDATE certificates SET serial = '7fff' WHERE id = 5", Flaw::row_altered),
        std::pair("UPDATE certificates SET intent_entry = 1 WHERE id = 5",
                  Flaw::row_without_entry)}) {
    const std::string change = sql;
    CAPTURE(change);
    LedgerFixture fixture;
    issue_batch(fixture, 1, 9);
    REQUIRE(fixture.ledger.verify_log(fixture.issuer).found == 0);
    execute(fixture, change);
    const std::vector<Flaw> found = flaws(fixture.ledger.verify_log(fixture.issuer));
    CHECK(std::find(found.begin(), found.end(), flaw) != found.end());
  }
}

TEST_CASE("entries that were renumbered, exchanged or cut off in the middle are found") {
  for (const auto& [sql, flaw] :
       {std::pair("DELETE FROM log_entries WHERE seq = 3", Flaw::log_gap),
        std::pair("UPDATE log_entries SET seq = 9000000000000 WHERE seq = 5", Flaw::log_gap),
        std::pair("UPDATE log_entries SET seq = -1 WHERE seq = 1", Flaw::log_gap),
        std::pair("UPDATE log_entries SET note = 'x' WHERE seq = 3", Flaw::log_altered),
        std::pair("UPDATE log_entries SET action = 'nothing' WHERE seq = 3", Flaw::log_altered),
        std::pair("UPDATE log_entries SET previous = hash WHERE seq = 3", Flaw::log_broken),
        std::pair("UPDATE log_heads SET seq = 2", Flaw::log_head),
        std::pair("DELETE FROM log_heads", Flaw::log_head)}) {
    const std::string change = sql;
    CAPTURE(change);
    LedgerFixture fixture;
    issue_batch(fixture, 1, 2);
    issue_batch(fixture, 10, 1);
    execute(fixture, change);
    const std::vector<Flaw> found = flaws(fixture.ledger.verify_log(fixture.issuer));
    CHECK(std::find(found.begin(), found.end(), flaw) != found.end());
  }
}

TEST_CASE("an entry that was forged with its hashes still says another thing than the rows") {
  LedgerFixture fixture;
  issue_batch(fixture, 1, 1);
  // The whole chain from entry 2 on is made anew, as whoever can write everything can do.
  const auto connection = fixture.connect(OpenMode::read_write);
  std::vector<LogEntry> entries;
  fixture.ledger.read_log(fixture.issuer, 1, [&](const LogEntry& entry) {
    entries.push_back(entry);
    return Continue::yes;
  });
  const LogHead pinned = fixture.ledger.log_head(fixture.issuer);
  crypto::Sha256 previous = entries.front().hash;
  for (std::size_t at = 1; at < entries.size(); ++at) {
    LogEntry& entry = entries[at];
    entry.previous = previous;
    if (entry.action == LogAction::issue) entry.content = digest(0x77);
    entry.hash = hash_of(entry);
    previous = entry.hash;
    connection
        ->prepare(
            "UPDATE log_entries SET previous = :previous, content = :content, hash = :hash "
            "WHERE seq = :seq")
        ->bind("previous", to_hex(entry.previous))
        .bind("content", to_hex(entry.content))
        .bind("hash", to_hex(entry.hash))
        .bind("seq", entry.seq)
        .run();
  }
  connection->prepare("UPDATE log_heads SET hash = :hash")->bind("hash", to_hex(previous)).run();
  CHECK(flaws(fixture.ledger.verify_log(fixture.issuer)) == std::vector{Flaw::row_altered});
  CHECK_FALSE(fixture.ledger.has_log_entry(fixture.issuer, pinned));
}

TEST_CASE("a head is held by the log that had it, at any time after") {
  LedgerFixture fixture;
  std::vector<LogHead> heads{fixture.ledger.log_head(fixture.issuer)};
  for (std::uint64_t number = 1; number <= 3; ++number) {
    issue(fixture.ledger, intent(fixture.issuer, number));
    heads.push_back(fixture.ledger.log_head(fixture.issuer));
  }
  for (LogHead head : heads) {
    CHECK(fixture.ledger.has_log_entry(fixture.issuer, head));
    CHECK(LogHead::parse(head.to_text()) == head);
    head.hash[0] ^= 1U;
    CHECK_FALSE(fixture.ledger.has_log_entry(fixture.issuer, head));
  }
  for (const char* text : {"", "1", "1:", ":00", "1:zz", "-1:00", "1:00", "0x1:00"}) {
    CHECK_FALSE(LogHead::parse(text));
  }
  CHECK_FALSE(LogHead::parse(heads.back().to_text() + "0"));
}

TEST_CASE("who is told of heads is told of each, after it is durable") {
  LedgerFixture fixture;
  std::vector<std::int64_t> told;
  fixture.ledger.when_appended([&](IssuerId issuer, const LogHead& head) {
    CHECK(issuer == fixture.issuer);
    CHECK(fixture.reopen().log_head(issuer) == head);
    told.push_back(head.seq);
  });
  issue(fixture.ledger, intent(fixture.issuer, 1));
  CHECK(told == std::vector<std::int64_t>{2, 3});
}

TEST_CASE("no two sequences of fields have one encoding") {
  const auto encoded = [](const LogEncoding& encoding) { return to_bytes(encoding.encoded()); };
  CHECK(encoded(LogEncoding("a").text("bc")) != encoded(LogEncoding("ab").text("c")));
  CHECK(encoded(LogEncoding("a").text("")) != encoded(LogEncoding("a")));
  CHECK(encoded(LogEncoding("a").optional_text(std::nullopt)) !=
        encoded(LogEncoding("a").optional_text("")));
  CHECK(to_hex(LogEncoding("a").number(-2).encoded()) ==
        "000000000000000161"
        "0000000000000008fffffffffffffffe");
}

TEST_CASE("the root of a batch is that of RFC 9162 and does not depend on the order given") {
  // By hand: leaf = SHA-256(00 serial part), node = SHA-256(01 left right).
  const auto leaf = [](std::string_view serial, std::uint8_t octet) {
    Bytes octets{0};
    octets.insert(octets.end(), serial.begin(), serial.end());
    octets.insert(octets.end(), 32, octet);
    return crypto::sha256(octets);
  };
  const auto node = [](const crypto::Sha256& left, const crypto::Sha256& right) {
    Bytes octets{1};
    octets.insert(octets.end(), left.begin(), left.end());
    octets.insert(octets.end(), right.begin(), right.end());
    return crypto::sha256(octets);
  };
  const auto expected = node(node(leaf("01", 1), leaf("02", 2)), leaf("03", 3));
  CHECK(batch_root({{"01", digest(1)}, {"02", digest(2)}, {"03", digest(3)}}) == expected);
  CHECK(batch_root({{"03", digest(3)}, {"01", digest(1)}, {"02", digest(2)}}) == expected);
  CHECK(batch_root({{"01", digest(1)}}) == digest(1));
}

}  // namespace
}  // namespace mtls::store::test
