// Finding and listing.
#include "lib/store/ledger_fixture.hpp"
#include "store/db.hpp"

#include <set>
#include <stdexcept>
#include <string>

namespace mtls::store::test {
namespace {

using Names = std::vector<std::string>;

void record(Ledger& ledger, const Intent& intent) { ledger.record_intents({&intent, 1}); }

Intent named(IssuerId issuer, std::uint64_t number, std::string subject) {
  Intent wanted = intent(issuer, number);
  wanted.subject = std::move(subject);
  wanted.validity.not_after = at(static_cast<std::int64_t>(number));
  return wanted;
}

TEST_CASE("find tells nothing where there is nothing") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  CHECK(fixture.ledger.find(fixture.issuer, serial(2)) == std::nullopt);
  CHECK(fixture.ledger.find(IssuerId{99}, serial(1)) == std::nullopt);
  CHECK(fixture.ledger.find_by_serial(serial(2)).empty());
  CHECK(fixture.ledger.find_by_fingerprint(digest(0x99)) == std::nullopt);
  CHECK(fixture.ledger.find_by_request_key(fixture.issuer, "none") == std::nullopt);
  CHECK(fixture.ledger.find_by_request_key(fixture.issuer, std::string(1, '\0')) == std::nullopt);
  CHECK(fixture.ledger.find_by_key(digest(0x98)).empty());
}

TEST_CASE("a certificate is found by its fingerprint") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  const auto found = fixture.ledger.find_by_fingerprint(digest(0x44));
  REQUIRE(found);
  CHECK(found->serial == serial(1));
}

TEST_CASE("the CA certificates are found among those of issuers, issued and imported ones") {
  LedgerFixture fixture;
  CHECK(fixture.ledger.authorities().empty());  // the root was added without its certificate
  const x509::Certificate root = ca_certificate();
  issue(fixture.ledger, intent(fixture.issuer, 1));  // no certificate at all: nothing is said of it
  Intent sub = intent(fixture.issuer, 2);
  sub.profile = "sub-ca";
  sub.subject = "CN=sub";
  record(fixture.ledger, sub);
  Issued made = issued(fixture.issuer, 2);
  made.certificate = Bytes(root.der().begin(), root.der().end());
  made.fingerprint = root.fingerprint();
  fixture.ledger.record_issued({&made, 1});
  CHECK(fixture.ledger.authorities() == std::vector{root});
  const auto connection = fixture.connect(OpenMode::read_write);
  connection->execute("UPDATE certificates SET origin = 'imported'");
  CHECK(fixture.ledger.authorities() == std::vector{root});
  connection->execute("UPDATE certificates SET origin = 'issued', profile = 'mtls-client'");
  static_cast<void>(fixture.ledger.add_issuer(root.subject(), root.public_key(), root, author(3)));
  CHECK(fixture.ledger.authorities() == std::vector{root});
}

TEST_CASE("our own certificate is found before an imported one of the same serial") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  const auto connection = fixture.connect(OpenMode::read_write);
  connection->execute("UPDATE certificates SET origin = 'imported'");
  issue(fixture.ledger, intent(fixture.issuer, 1));
  connection->execute(
      "INSERT INTO certificates SELECT 99, issuer, serial, state, 'imported', tbs, request_key, "
      "profile, profile_hash, subject, sans, not_before, not_after, fingerprint, spki_hash, "
      "certificate, crl_part, replaces, actor, host, pid, session, note, intent_time, issued_time, "
      "revoked_time, changed_time, intent_entry, issue_entry, standing_entry "
      "FROM certificates WHERE origin = 'issued'");
  CHECK(fixture.ledger.find(fixture.issuer, serial(1))->origin == Origin::issued);
  CHECK(fixture.ledger.find_by_serial(serial(1)).size() == 3);
}

TEST_CASE("everything over one key comes newest first, of any issuer and state") {
  LedgerFixture fixture;
  const IssuerId other = fixture.ledger.add_issuer(x509::Name::parse("CN=other"), key(2), author());
  Intent old = intent(fixture.issuer, 1);
  Intent recent = intent(other, 2);
  recent.time = at(60);
  Intent burnt = intent(fixture.issuer, 3);
  burnt.time = at(30);
  Intent foreign = intent(fixture.issuer, 4);
  foreign.spki_hash = digest(0x77);
  record(fixture.ledger, recent);
  issue(fixture.ledger, old);
  record(fixture.ledger, burnt);
  record(fixture.ledger, foreign);
  fixture.ledger.burn_intent(fixture.issuer, serial(3), "x", author());
  const auto found = fixture.ledger.find_by_key(digest(0x22));
  REQUIRE(found.size() == 3);
  CHECK(found[0].serial == serial(2));
  CHECK(found[1].state == State::burnt);
  CHECK(found[2].state == State::issued);
}

TEST_CASE("lists come by end of validity, then serial") {
  LedgerFixture fixture;
  for (const std::uint64_t number : {5U, 3U, 4U, 1U, 2U}) {
    Intent wanted = intent(fixture.issuer, number);
    wanted.validity.not_after = at(number < 3 ? 100 : 50);
    record(fixture.ledger, wanted);
  }
  std::vector<std::string> serials;
  for (const Record& record : list(fixture.ledger)) serials.push_back(record.serial.to_text());
  CHECK(serials == Names{serial(3).to_text(), serial(4).to_text(), serial(5).to_text(),
                         serial(1).to_text(), serial(2).to_text()});
}

TEST_CASE("each condition narrows a list") {
  LedgerFixture fixture;
  Ledger& ledger = fixture.ledger;
  Intent a = named(fixture.issuer, 10, "CN=a");
  a.profile = "mtls-server";
  Intent b = named(fixture.issuer, 20, "CN=b");
  b.validity.not_before = at(15);
  issue(ledger, a);
  record(ledger, b);

  CHECK(subjects(ledger, {}) == Names{"CN=a", "CN=b"});
  CHECK(subjects(ledger, {.state = State::issued}) == Names{"CN=a"});
  CHECK(subjects(ledger, {.state = State::intent}) == Names{"CN=b"});
  CHECK(subjects(ledger, {.state = State::revoked}).empty());
  CHECK(subjects(ledger, {.profile = "mtls-server"}) == Names{"CN=a"});
  CHECK(subjects(ledger, {.profile = "mtls"}).empty());
  CHECK(subjects(ledger, {.expires_before = at(20)}) == Names{"CN=a"});
  CHECK(subjects(ledger, {.expires_before = at(21)}) == Names{"CN=a", "CN=b"});
  CHECK(subjects(ledger, {.valid_at = at(10)}) == Names{"CN=a"});
  CHECK(subjects(ledger, {.valid_at = at(15)}) == Names{"CN=b"});
  CHECK(subjects(ledger, {.valid_at = at(20)}) == Names{"CN=b"});
  CHECK(subjects(ledger, {.valid_at = at(21)}).empty());
  CHECK(subjects(ledger, {.valid_at = at(-1)}).empty());
  CHECK(subjects(ledger, {.state = State::issued, .profile = "mtls-client"}).empty());
  CHECK(subjects(ledger, {.limit = 1}) == Names{"CN=a"});
  CHECK(subjects(ledger, {.limit = 2}).size() == 2);
  CHECK(subjects(ledger, {.limit = 3}).size() == 2);
}

TEST_CASE("a subject is searched without case, and every character means itself") {
  LedgerFixture fixture;
  Ledger& ledger = fixture.ledger;
  record(ledger, named(fixture.issuer, 1, "CN=100% Sure_Thing"));
  record(ledger, named(fixture.issuer, 2, "CN=100x surexthing"));
  record(ledger, named(fixture.issuer, 3, "CN=back\\\\slash"));
  Intent with_san = named(fixture.issuer, 4, "CN=plain");
  with_san.sans = {"dns:one.example", "dns:Two.example"};
  record(ledger, with_san);
  const auto search = [&](std::string words) {
    return subjects(ledger, {.subject_contains = std::move(words)});
  };
  CHECK(search("sure_thing") == Names{"CN=100% Sure_Thing"});
  CHECK(search("SURE_THING") == Names{"CN=100% Sure_Thing"});
  CHECK(search("100%") == Names{"CN=100% Sure_Thing"});
  CHECK(search("%") == Names{"CN=100% Sure_Thing"});
  CHECK(search("_") == Names{"CN=100% Sure_Thing"});
  CHECK(search("back\\\\") == Names{"CN=back\\\\slash"});
  CHECK(search("\\%").empty());
  CHECK(search("two.EXAMPLE") == Names{"CN=plain"});
  CHECK(search("plain") == Names{"CN=plain"});
  CHECK(search("").size() == 4);
  CHECK(search("' OR 1=1 --").empty());
  CHECK(search(std::string("a\0b", 3)).empty());
  CHECK(search("\xff").empty());
  CHECK(search(std::string(20'000, '%')).empty());
  CHECK(code_of([&] { return search(std::string(20'001, 'x')); }) == Errc::usage);
}

TEST_CASE("a list of many pages holds every record once, also where all ends are equal") {
  LedgerFixture fixture;
  std::vector<Intent> batch;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    batch.push_back(intent(fixture.issuer, number));
  }
  fixture.ledger.record_intents(batch);
  // The worst case for pages by key: the same serial again and again.
  const auto connection = fixture.connect(OpenMode::read_write);
  connection->execute("UPDATE certificates SET origin = 'imported', serial = '05' WHERE id > 100");

  std::int64_t seen = 0;
  std::set<std::string> serials;
  fixture.ledger.list({}, [&](const Record& record) {
    ++seen;
    serials.insert(record.serial.to_text());
    return Continue::yes;
  });
  CHECK(seen == 1000);
  CHECK(serials.size() == 101);
  CHECK(list(fixture.ledger, {.limit = 300}).size() == 300);
  CHECK(list(fixture.ledger, {.limit = 256}).size() == 256);
  CHECK(list(fixture.ledger, {.limit = 1000}).size() == 1000);
}

TEST_CASE("a list is one snapshot, whatever is written meanwhile") {
  LedgerFixture fixture;
  std::vector<Intent> batch;
  for (std::uint64_t number = 0; number < 600; ++number) {
    batch.push_back(intent(fixture.issuer, number));
  }
  fixture.ledger.record_intents(batch);
  Ledger writer = fixture.reopen();
  std::int64_t seen = 0;
  fixture.ledger.list({}, [&](const Record&) {
    if (seen++ == 0) test::issue(writer, intent(fixture.issuer, 10'000));
    CHECK(fixture.ledger.count() == 600);
    return Continue::yes;
  });
  CHECK(seen == 600);
  CHECK(fixture.ledger.count() == 601);
}

TEST_CASE("a list that is left early holds nothing up") {
  LedgerFixture fixture;
  for (std::uint64_t number = 1; number <= 3; ++number) {
    record(fixture.ledger, intent(fixture.issuer, number));
  }
  int seen = 0;
  SUBCASE("by Continue::no") {
    fixture.ledger.list({}, [&](const Record&) {
      ++seen;
      return Continue::no;
    });
  }
  SUBCASE("by an exception") {
    CHECK_THROWS_AS(fixture.ledger.list({},
                                        [&](const Record&) -> Continue {
                                          ++seen;
                                          throw std::runtime_error("stdout is closed");
                                        }),
                    std::runtime_error);
  }
  CHECK(seen == 1);
  record(fixture.ledger, intent(fixture.issuer, 4));
  static_cast<void>(fixture.reopen());
  CHECK(list(fixture.ledger).size() == 4);
}

}  // namespace
}  // namespace mtls::store::test
