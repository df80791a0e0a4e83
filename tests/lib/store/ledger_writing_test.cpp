// Intent, issued, burnt: what may follow what.
#include "base/process_identity.hpp"
#include "lib/store/child_process.hpp"
#include "lib/store/ledger_fixture.hpp"
#include "store/db.hpp"

namespace mtls::store::test {
namespace {

void record(Ledger& ledger, const Intent& intent) { ledger.record_intents({&intent, 1}); }
void complete(Ledger& ledger, const Issued& issued) { ledger.record_issued({&issued, 1}); }

State state_of(const LedgerFixture& fixture, std::uint64_t number) {
  const auto record = fixture.ledger.find(fixture.issuer, serial(number));
  REQUIRE(record);
  return record->state;
}

TEST_CASE("an intent comes back as it was recorded") {
  LedgerFixture fixture;
  Intent wanted = intent(fixture.issuer, 1);
  wanted.request_key = "job 17";
  wanted.sans = {"dns:a.example", "uri:spiffe://x/\\y", "other:line\nend"};
  wanted.validity = {.not_before = UnixTime(std::chrono::seconds(-5)),
                     .not_after = UnixTime(std::chrono::seconds(253402300799))};
  wanted.actor.pid = (std::int64_t{1} << 31) + 7;
  record(fixture.ledger, wanted);

  const auto found = fixture.reopen(LedgerAccess::read_only).find(fixture.issuer, serial(1));
  REQUIRE(found);
  CHECK(found->issuer == fixture.issuer);
  CHECK(found->serial == serial(1));
  CHECK(found->state == State::intent);
  CHECK(found->origin == Origin::issued);
  CHECK(found->request_key == "job 17");
  CHECK(found->profile == "mtls-client");
  CHECK(found->profile_hash == to_hex(digest(0x11)));
  CHECK(found->subject == "CN=client");
  CHECK(found->sans == wanted.sans);
  CHECK(found->validity == wanted.validity);
  CHECK(found->spki_hash == digest(0x22));
  CHECK(found->fingerprint == std::nullopt);
  CHECK(found->certificate == std::nullopt);
  CHECK(found->actor.actor == "alice");
  CHECK(found->actor.host == "host1");
  CHECK(found->actor.pid == wanted.actor.pid);
  CHECK(found->actor.session == "s1");
  CHECK(found->intent_time == at(0));
  CHECK(found->issued_time == std::nullopt);
  CHECK(found->revoked_time == std::nullopt);
  CHECK(found->note.empty());
}

TEST_CASE("a certificate completes its intent") {
  LedgerFixture fixture;
  record(fixture.ledger, intent(fixture.issuer, 1));
  complete(fixture.ledger, issued(fixture.issuer, 1));
  const auto found = fixture.reopen().find(fixture.issuer, serial(1));
  REQUIRE(found);
  CHECK(found->state == State::issued);
  CHECK(found->fingerprint == issued(fixture.issuer, 1).fingerprint);
  CHECK(found->certificate == issued(fixture.issuer, 1).certificate);
  CHECK(found->intent_time == at(0));
  CHECK(found->issued_time == at(1));
}

TEST_CASE("what is signed to be refused is revoked from the first moment") {
  LedgerFixture fixture;
  record(fixture.ledger, intent(fixture.issuer, 1));
  record(fixture.ledger, intent(fixture.issuer, 2));
  const std::vector<Issued> both{issued(fixture.issuer, 1), issued(fixture.issuer, 2)};
  fixture.ledger.record_issued_revoked(both, "for a probe");
  const auto found = fixture.reopen(LedgerAccess::read_only).find(fixture.issuer, serial(1));
  REQUIRE(found);
  CHECK(found->state == State::revoked);
  CHECK(found->fingerprint == issued(fixture.issuer, 1).fingerprint);
  CHECK(found->certificate == issued(fixture.issuer, 1).certificate);
  CHECK(found->issued_time == at(1));
  CHECK(found->revoked_time == at(1));
  CHECK(found->note == "for a probe");
  CHECK(state_of(fixture, 2) == State::revoked);
  // All or none: one whose intent does not stand takes the other with it.
  record(fixture.ledger, intent(fixture.issuer, 3));
  const std::vector<Issued> mixed{issued(fixture.issuer, 3), issued(fixture.issuer, 1)};
  CHECK(code_of([&] { fixture.ledger.record_issued_revoked(mixed, "x"); }) ==
        Errc::revoked_meanwhile);
  CHECK(state_of(fixture, 3) == State::intent);
  CHECK(code_of([&] {
          fixture.ledger.record_issued_revoked(mixed, std::string_view("a\0b", 3));
        }) == Errc::malformed);
}

TEST_CASE("a serial is taken in every state") {
  LedgerFixture fixture;
  record(fixture.ledger, intent(fixture.issuer, 1));
  SUBCASE("intent") {}
  SUBCASE("issued") { complete(fixture.ledger, issued(fixture.issuer, 1)); }
  SUBCASE("burnt") { fixture.ledger.burn_intent(fixture.issuer, serial(1), "x", author()); }
  CHECK(code_of([&] { record(fixture.ledger, intent(fixture.issuer, 1)); }) ==
        Errc::serial_conflict);
  CHECK(fixture.ledger.count() == 1);
}

TEST_CASE("a serial of another issuer is free") {
  LedgerFixture fixture;
  const IssuerId other = fixture.ledger.add_issuer(x509::Name::parse("CN=other"), key(1), author());
  record(fixture.ledger, intent(fixture.issuer, 1));
  record(fixture.ledger, intent(other, 1));
  CHECK(fixture.ledger.find_by_serial(serial(1)).size() == 2);
}

TEST_CASE("a request key is taken by an intent and a certificate, and free after burning") {
  LedgerFixture fixture;
  Intent first = intent(fixture.issuer, 1);
  first.request_key = "key";
  Intent second = intent(fixture.issuer, 2);
  second.request_key = "key";
  record(fixture.ledger, first);
  CHECK(code_of([&] { record(fixture.ledger, second); }) == Errc::request_key_used);
  SUBCASE("issued") {
    complete(fixture.ledger, issued(fixture.issuer, 1));
    CHECK(code_of([&] { record(fixture.ledger, second); }) == Errc::request_key_used);
  }
  SUBCASE("burnt") {
    fixture.ledger.burn_intent(fixture.issuer, serial(1), "faulty", author());
    record(fixture.ledger, second);
    CHECK(fixture.ledger.find_by_request_key(fixture.issuer, "key")->serial == serial(2));
  }
  SUBCASE("another issuer's") {
    second.issuer = fixture.ledger.add_issuer(x509::Name::parse("CN=other"), key(1), author());
    record(fixture.ledger, second);
  }
}

TEST_CASE("the serial is blamed where serial and request key are both taken") {
  LedgerFixture fixture;
  Intent first = intent(fixture.issuer, 1);
  first.request_key = "key";
  record(fixture.ledger, first);
  CHECK(code_of([&] { record(fixture.ledger, first); }) == Errc::serial_conflict);
}

TEST_CASE("a batch is recorded whole or not at all") {
  LedgerFixture fixture;
  std::vector<Intent> batch;
  for (std::uint64_t number = 1; number <= 100; ++number) {
    batch.push_back(intent(fixture.issuer, number));
  }
  SUBCASE("with a serial twice") {
    batch.back().serial = serial(1);
    CHECK(code_of([&] { fixture.ledger.record_intents(batch); }) == Errc::serial_conflict);
    CHECK(fixture.ledger.count() == 0);
  }
  SUBCASE("with a request key twice") {
    batch[3].request_key = batch[99].request_key = "same";
    CHECK(code_of([&] { fixture.ledger.record_intents(batch); }) == Errc::request_key_used);
    CHECK(fixture.ledger.count() == 0);
  }
  SUBCASE("with text that cannot be stored") {
    batch.back().actor.actor = std::string("a\0b", 3);
    CHECK(code_of([&] { fixture.ledger.record_intents(batch); }) == Errc::malformed);
    CHECK(fixture.ledger.count() == 0);
  }
  SUBCASE("in order") {
    fixture.ledger.record_intents(batch);
    CHECK(fixture.ledger.count() == 100);
    std::vector<Issued> certificates;
    for (std::uint64_t number = 1; number <= 100; ++number) {
      certificates.push_back(issued(fixture.issuer, number));
    }
    // One of them does not stand any more: none is completed.
    fixture.ledger.burn_intent(fixture.issuer, serial(100), "gone", author());
    CHECK(code_of([&] { fixture.ledger.record_issued(certificates); }) == Errc::revoked_meanwhile);
    CHECK(list(fixture.ledger, {.state = State::issued}).empty());
    certificates.pop_back();
    fixture.ledger.record_issued(certificates);
    CHECK(list(fixture.ledger, {.state = State::issued}).size() == 99);
  }
}

TEST_CASE("an empty batch is nothing to do") {
  LedgerFixture fixture;
  fixture.ledger.record_intents({});
  fixture.ledger.record_issued({});
  CHECK(fixture.ledger.count() == 0);
}

TEST_CASE("text that not every engine stores is refused by name") {
  LedgerFixture fixture;
  Intent bad = intent(fixture.issuer, 1);
  SUBCASE("request key") { bad.request_key = std::string("a\0b", 3); }
  SUBCASE("subject") { bad.subject = "CN=\xff"; }
  SUBCASE("SAN") { bad.sans.emplace_back("dns:\xc0\x80"); }
  SUBCASE("profile") { bad.profile = std::string(1, '\0'); }
  SUBCASE("host") { bad.actor.host = "\xfe"; }
  SUBCASE("session") { bad.actor.session = "\xed\xa0\x80"; }
  CHECK(code_of([&] { record(fixture.ledger, bad); }) == Errc::malformed);
  CHECK(fixture.ledger.count() == 0);
}

TEST_CASE("a request key has an upper bound") {
  LedgerFixture fixture;
  Intent wanted = intent(fixture.issuer, 1);
  wanted.request_key = std::string(1001, 'k');
  CHECK(code_of([&] { record(fixture.ledger, wanted); }) == Errc::too_large);
  wanted.request_key = std::string(1000, 'k');
  record(fixture.ledger, wanted);
  CHECK(fixture.ledger.count() == 1);
}

TEST_CASE("an intent of a dead process is taken over once") {
  LedgerFixture fixture;
  Intent dead = intent(fixture.issuer, 1);
  dead.request_key = "key";
  record(fixture.ledger, dead);

  Intent heir = intent(fixture.issuer, 2);
  heir.request_key = "key";
  heir.replaces_intent = serial(1);
  record(fixture.ledger, heir);
  const auto left = fixture.ledger.find(fixture.issuer, serial(1));
  REQUIRE(left);
  CHECK(left->state == State::unknown);
  CHECK(left->note.find(serial(2).to_text()) != std::string::npos);
  CHECK(state_of(fixture, 2) == State::intent);

  // A second heir comes too late, and its own intent is not recorded.
  heir.serial = serial(3);
  heir.request_key.reset();
  CHECK(code_of([&] { record(fixture.ledger, heir); }) == Errc::intent_live);
  CHECK(fixture.ledger.find(fixture.issuer, serial(3)) == std::nullopt);

  // Should the dead one come back, its signature is worth nothing.
  CHECK(code_of([&] { complete(fixture.ledger, issued(fixture.issuer, 1)); }) ==
        Errc::revoked_meanwhile);
}

TEST_CASE("what is issued or was never there is not taken over") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  Intent heir = intent(fixture.issuer, 2);
  for (const std::uint64_t number : {1U, 7U}) {
    heir.replaces_intent = serial(number);
    CHECK(code_of([&] { record(fixture.ledger, heir); }) == Errc::intent_live);
  }
  CHECK(state_of(fixture, 1) == State::issued);
  CHECK(fixture.ledger.count() == 1);
}

TEST_CASE("only a standing intent is completed") {
  LedgerFixture fixture;
  CHECK(code_of([&] { complete(fixture.ledger, issued(fixture.issuer, 9)); }) ==
        Errc::revoked_meanwhile);
  record(fixture.ledger, intent(fixture.issuer, 1));
  complete(fixture.ledger, issued(fixture.issuer, 1));
  CHECK(code_of([&] { complete(fixture.ledger, issued(fixture.issuer, 1)); }) ==
        Errc::revoked_meanwhile);
  record(fixture.ledger, intent(fixture.issuer, 2));
  const auto connection = fixture.connect(OpenMode::read_write);
  connection->execute(
      "UPDATE certificates SET state = 'revoked', revoked_time = 1 WHERE state = 'intent'");
  CHECK(code_of([&] { complete(fixture.ledger, issued(fixture.issuer, 2)); }) ==
        Errc::revoked_meanwhile);
  CHECK(state_of(fixture, 2) == State::revoked);
}

TEST_CASE("burning keeps the note and the serial") {
  LedgerFixture fixture;
  record(fixture.ledger, intent(fixture.issuer, 1));
  fixture.ledger.burn_intent(fixture.issuer, serial(1), "the signature was faulty", author());
  fixture.ledger.burn_intent(fixture.issuer, serial(1), "again", author());
  const auto found = fixture.ledger.find(fixture.issuer, serial(1));
  REQUIRE(found);
  CHECK(found->state == State::burnt);
  CHECK(found->note == "the signature was faulty");
  CHECK(code_of([&] { fixture.ledger.burn_intent(fixture.issuer, serial(2), "x", author()); }) ==
        Errc::not_in_ledger);
}

TEST_CASE("what is issued cannot be burnt") {
  LedgerFixture fixture;
  issue(fixture.ledger, intent(fixture.issuer, 1));
  CHECK(code_of([&] { fixture.ledger.burn_intent(fixture.issuer, serial(1), "x", author()); }) ==
        Errc::internal);
  CHECK(state_of(fixture, 1) == State::issued);
}

TEST_CASE("the time of a change is that of the latest event and never goes back") {
  LedgerFixture fixture;
  Intent wanted = intent(fixture.issuer, 1);
  wanted.time = at(100);
  record(fixture.ledger, wanted);
  CHECK(fixture.ledger.find(fixture.issuer, serial(1))->changed_time == at(100));
  // A clock that was set back between the two.
  Issued early = issued(fixture.issuer, 1);
  early.author.time = at(50);
  complete(fixture.ledger, early);
  CHECK(fixture.ledger.find(fixture.issuer, serial(1))->changed_time == at(100));
  CHECK(fixture.ledger.find(fixture.issuer, serial(1))->issued_time == at(50));

  wanted = intent(fixture.issuer, 2);
  wanted.time = at(10);
  record(fixture.ledger, wanted);
  Issued late = issued(fixture.issuer, 2);
  late.author.time = UnixTime(std::chrono::seconds(253402300799));
  complete(fixture.ledger, late);
  CHECK(fixture.ledger.find(fixture.issuer, serial(2))->changed_time == late.author.time);
}

TEST_CASE("what was recorded survives a kill right after the call") {
  const TemporaryDirectory directory;
  const LedgerLocation location = new_location(directory);
  CHECK(mtls::test::run_child([&] {
          Ledger ledger = Ledger::create(location, k_id);
          const IssuerId issuer = add_root(ledger);
          record(ledger, intent(issuer, 1));
          record(ledger, intent(issuer, 2));
          complete(ledger, issued(issuer, 1));
          ::kill(::getpid(), SIGKILL);
        }) == 128 + SIGKILL);
  const Ledger ledger = Ledger::open(location, k_id, LedgerAccess::read_only);
  CHECK(list(ledger, {.state = State::issued}).size() == 1);
  CHECK(list(ledger, {.state = State::intent}).size() == 1);
}

TEST_CASE("a ledger opened for reading does not write") {
  LedgerFixture fixture;
  Ledger reader = fixture.reopen(LedgerAccess::read_only);
  CHECK(code_of([&] { record(reader, intent(fixture.issuer, 1)); }) == Errc::permission);
  CHECK(reader.count() == 0);
}

TEST_CASE("an intent that nobody will complete is unknown once another one is recorded") {
  LedgerFixture fixture;
  const ProcessIdentity self = this_process();
  const auto of = [&](std::uint64_t number, std::int64_t pid, const std::string& session) {
    Intent one = intent(fixture.issuer, number);
    one.actor = {.actor = "alice", .host = self.host, .pid = pid, .session = session};
    return one;
  };
  record(fixture.ledger, of(1, self.pid, self.session));
  record(fixture.ledger, of(2, self.pid, self.session + "0"));  // a pid that was used again
  record(fixture.ledger, intent(fixture.issuer, 3));            // another host
  CHECK(state_of(fixture, 1) == State::intent);
  CHECK(state_of(fixture, 2) == State::unknown);
  CHECK(state_of(fixture, 3) == State::intent);

  Intent later = intent(fixture.issuer, 4);
  later.time = at(15 * 60 - 1);
  record(fixture.ledger, later);
  CHECK(state_of(fixture, 3) == State::intent);
  Intent latest = intent(fixture.issuer, 5);
  latest.time = at(15L * 60);
  record(fixture.ledger, latest);
  CHECK(state_of(fixture, 1) == State::intent);
  CHECK(state_of(fixture, 3) == State::unknown);
  CHECK(code_of([&] { complete(fixture.ledger, issued(fixture.issuer, 3)); }) ==
        Errc::revoked_meanwhile);
  CHECK(state_of(fixture, 4) == State::intent);
}

TEST_CASE("how long an unseen process is waited for is the ledger's to say") {
  LedgerFixture fixture;
  record(fixture.ledger, intent(fixture.issuer, 1));
  fixture.location.intent_pending = std::chrono::seconds(10);
  Ledger ledger = fixture.reopen();
  CHECK(ledger.intent_pending() == std::chrono::seconds(10));
  Intent later = intent(fixture.issuer, 2);
  later.time = at(10);
  record(ledger, later);
  CHECK(state_of(fixture, 1) == State::unknown);
}

TEST_CASE("a root's own certificate becomes one of its CA certificates in the same commit") {
  LedgerFixture fixture;
  const auto count = [&] {
    const auto connection = fixture.connect(OpenMode::read_only);
    const auto statement = connection->prepare("SELECT count(*) FROM ca_certificates");
    statement->step();
    return statement->integer(0);
  };
  record(fixture.ledger, intent(fixture.issuer, 1));
  complete(fixture.ledger, issued(fixture.issuer, 1));
  CHECK(count() == 0);
  record(fixture.ledger, intent(fixture.issuer, 2));
  Issued own = issued(fixture.issuer, 2);
  own.use = Issued::Use::own_certificate;
  complete(fixture.ledger, own);
  CHECK(count() == 1);
  // One that is renewed joins it; the same again changes nothing.
  for (int i = 0; i < 2; ++i) {
    CHECK(fixture.ledger.add_issuer(x509::Name::parse("CN=root"), key(1), ca_certificate(),
                                    author()) == fixture.issuer);
    CHECK(count() == 2);
  }
}

TEST_CASE("nothing is written into a schema or a ledger that came after it was opened") {
  LedgerFixture fixture;
  record(fixture.ledger, intent(fixture.issuer, 1));
  const auto other = fixture.connect();
  SUBCASE("a newer schema") { other->execute("UPDATE meta SET schema_version = 999"); }
  SUBCASE("an older schema") { other->execute("UPDATE meta SET schema_version = 1"); }
  SUBCASE("another ledger") {
    other->execute(std::string("UPDATE meta SET ledger_id = '") + k_other_id + "'");
  }
  const Intent wanted = intent(fixture.issuer, 2);
  const Issued one = issued(fixture.issuer, 1);
  CHECK(code_of([&] { fixture.ledger.record_intents({&wanted, 1}); }) == Errc::ledger_mismatch);
  CHECK(code_of([&] { fixture.ledger.record_issued({&one, 1}); }) == Errc::ledger_mismatch);
  CHECK(code_of([&] {
          return fixture.ledger.add_issuer(x509::Name::parse("CN=x"), key(9), author());
        }) == Errc::ledger_mismatch);
  CHECK(fixture.ledger.count() == 1);
}

}  // namespace
}  // namespace mtls::store::test
