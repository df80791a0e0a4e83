// Certificates from elsewhere: kept under their fingerprints, and the log commits to them.
#include "lib/store/foreign_ca.hpp"
#include "lib/store/ledger_fixture.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

namespace mtls::store::test {
namespace {

struct ImportFixture : LedgerFixture, ForeignCa {
  IssuerId foreign = ledger.add_issuer(name, key.public_key(), sign(1000, "CN=foreign"), author());

  std::vector<ImportOutcome> take(const std::vector<Imported>& imported) {
    return ledger.record_imported(imported, author(7));
  }
  [[nodiscard]] Imported valid(std::uint64_t number, const std::string& subject = "CN=a") const {
    return {.issuer = foreign, .certificate = sign(number, subject)};
  }
  [[nodiscard]] Imported revoked(std::uint64_t number, const std::string& subject = "CN=a") const {
    return {.issuer = foreign,
            .certificate = sign(number, subject),
            .revocation = Imported::Revocation{.time = at(-3600), .reason = "keyCompromise"}};
  }
  [[nodiscard]] std::int64_t flaws() const {
    return ledger.verify_log(foreign).found + ledger.check_rows(context).found;
  }
  std::vector<LogLoss> accept_losses() { return ledger.accept_losses(foreign, author(), context); }
  /// One that the ledger issues itself.
  x509::Certificate issue_own(std::uint64_t number) {
    Intent own = intent(foreign, number);
    auto certificate = sign(number, "CN=own");
    own.tbs = to_bytes(certificate.tbs());
    own.subject = "CN=own";
    own.sans = {};
    own.spki_hash = certificate.public_key().spki_hash();
    own.validity = certificate.validity();
    ledger.record_intents({&own, 1});
    Issued done = issued(foreign, number);
    done.certificate = to_bytes(certificate.der());
    done.fingerprint = certificate.fingerprint();
    ledger.record_issued({&done, 1});
    return certificate;
  }
  /// What somebody does who has the file.
  void tamper(const std::string& sql) const {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(location.file.c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(sqlite3_changes(database) > 0);
    sqlite3_close(database);
  }
};

constexpr auto k_recorded = ImportOutcome::recorded;
constexpr auto k_there = ImportOutcome::already_there;

TEST_CASE("an imported certificate is there as it was signed, and the log commits to it") {
  ImportFixture fixture;
  CHECK(fixture.take({fixture.valid(1)}) == std::vector{k_recorded});
  const auto row = fixture.reopen(LedgerAccess::read_only).find(fixture.foreign, serial(1));
  REQUIRE(row);
  CHECK(row->origin == Origin::imported);
  CHECK(row->state == State::issued);
  CHECK(row->subject == "CN=a");
  CHECK(row->profile.empty());
  CHECK(row->intent_time == at(7));
  CHECK(row->issued_time == at(7));
  CHECK(row->actor.actor == "alice");
  CHECK(row->certificate == to_bytes(fixture.sign(1, "CN=a").der()));
  CHECK(row->issue_entry == row->intent_entry);
  CHECK_FALSE(row->standing_entry);
  CHECK(fixture.flaws() == 0);
  LogAction last{};
  fixture.ledger.read_log(fixture.foreign, row->intent_entry, [&last](const LogEntry& entry) {
    last = entry.action;
    return Continue::yes;
  });
  CHECK(last == LogAction::import);
}

TEST_CASE("one that is revoked is so from the first moment, with its time and reason") {
  ImportFixture fixture;
  fixture.take({fixture.valid(1), fixture.revoked(2), fixture.revoked(3)});
  const auto row = fixture.ledger.find(fixture.foreign, serial(2));
  REQUIRE(row);
  CHECK(row->state == State::revoked);
  CHECK(row->revoked_time == at(-3600));
  CHECK(row->changed_time == at(7));
  CHECK(reason_in_note(row->note) == "keyCompromise");
  CHECK(row->standing_entry);
  CHECK(fixture.flaws() == 0);
}

TEST_CASE("what is there already is left, whatever its origin and in whichever batch") {
  ImportFixture fixture;
  CHECK(fixture.take({fixture.valid(1), fixture.valid(1)}) == std::vector{k_recorded, k_there});
  CHECK(fixture.take({fixture.valid(1), fixture.valid(2)}) == std::vector{k_there, k_recorded});
  CHECK(fixture.ledger.find(fixture.foreign, serial(1))->state == State::issued);
  const LogHead head = fixture.ledger.log_head(fixture.foreign);
  CHECK(fixture.take({fixture.valid(1), fixture.valid(2)}) == std::vector{k_there, k_there});
  CHECK(fixture.ledger.log_head(fixture.foreign) == head);
  CHECK(fixture.ledger.count() == 2);
  CHECK(fixture.take({}).empty());
  CHECK(fixture.flaws() == 0);
}

TEST_CASE("a later revocation counts, of our own too, and none is taken back") {
  ImportFixture fixture;
  const auto own = fixture.issue_own(5);
  fixture.take({fixture.valid(1)});
  const Imported own_revoked{
      .issuer = fixture.foreign,
      .certificate = own,
      .revocation = Imported::Revocation{.time = at(-60), .reason = "superseded"}};
  CHECK(fixture.take({fixture.revoked(1), own_revoked}) ==
        std::vector{ImportOutcome::now_revoked, ImportOutcome::now_revoked});
  CHECK(fixture.ledger.find(fixture.foreign, serial(1))->state == State::revoked);
  CHECK(fixture.ledger.find(fixture.foreign, serial(5))->revoked_time == at(-60));
  CHECK(fixture.flaws() == 0);
  CHECK(fixture.take({fixture.valid(1), fixture.revoked(1)}) == std::vector{k_there, k_there});
  CHECK(fixture.ledger.find(fixture.foreign, serial(1))->state == State::revoked);
  CHECK(fixture.flaws() == 0);
}

TEST_CASE("several with one serial are kept, beside one of our own too") {
  ImportFixture fixture;
  const auto certificate = fixture.issue_own(5);

  fixture.take({fixture.valid(5, "CN=b"), fixture.revoked(5, "CN=c"), fixture.revoked(5, "CN=d")});
  CHECK(fixture.ledger.find_by_serial(serial(5)).size() == 4);
  CHECK(fixture.ledger.find(fixture.foreign, serial(5))->origin == Origin::issued);
  CHECK(fixture.ledger.repeated_serials(fixture.foreign) == std::vector{serial(5)});
  CHECK(fixture.ledger.repeated_serials(fixture.issuer).empty());
  CHECK(fixture.ledger.has_certificate(fixture.foreign, certificate.fingerprint()));
  CHECK_FALSE(fixture.ledger.has_certificate(fixture.issuer, certificate.fingerprint()));
  CHECK(fixture.flaws() == 0);
}

TEST_CASE("any change of an imported row is found") {
  for (const char* change : {
           "state = 'issued', revoked_time = NULL, note = '', standing_entry = NULL",
           "revoked_time = revoked_time + 1",
           "note = 'revoked before it was imported'",
           "subject = 'CN=z'",
           "not_after = not_after + 1",
           "issued_time = issued_time + 1",
           "actor = 'bob'",
           "origin = 'issued'",
           "standing_entry = standing_entry + 1",
       }) {
    CAPTURE(change);
    ImportFixture fixture;
    fixture.take({fixture.valid(1), fixture.revoked(2, "CN=b"), fixture.revoked(2, "CN=c")});
    REQUIRE(fixture.flaws() == 0);
    fixture.tamper(std::string("UPDATE certificates SET ") + change + " WHERE subject = 'CN=c'");
    CHECK(fixture.flaws() > 0);
  }
}

TEST_CASE("the revocations of two imported rows of one serial cannot be exchanged") {
  ImportFixture fixture;
  fixture.take({fixture.revoked(2, "CN=b")});
  fixture.take({fixture.valid(2, "CN=c")});
  REQUIRE(fixture.flaws() == 0);
  // Each column that says where a row stands goes to the other one.
  fixture.tamper(
      "UPDATE certificates SET (state, note, revoked_time, changed_time, standing_entry) = "
      "(SELECT state, note, revoked_time, changed_time, standing_entry FROM certificates o "
      "WHERE o.subject <> certificates.subject) WHERE serial = "
      "(SELECT serial FROM certificates WHERE subject = 'CN=b')");
  CHECK(fixture.flaws() > 0);
}

TEST_CASE("what arrives under a revoked serial is revoked") {
  ImportFixture fixture;
  fixture.take({fixture.revoked(2, "CN=b")});
  CHECK(fixture.take({fixture.valid(2, "CN=c")}) == std::vector{ImportOutcome::recorded_revoked});
  for (const Record& row : fixture.ledger.find_by_serial(serial(2))) {
    CHECK(row.state == State::revoked);
    CHECK(reason_in_note(row.note) == "keyCompromise");
  }
  CHECK(fixture.flaws() == 0);
}

TEST_CASE("a lost row whose serial the log revokes comes back as revoked") {
  ImportFixture fixture;
  fixture.take({fixture.revoked(2, "CN=b"), fixture.valid(3)});
  fixture.tamper("DELETE FROM certificates WHERE subject = 'CN=b'");
  CHECK(fixture.ledger.find_revocation(fixture.foreign, serial(2)));
  CHECK_FALSE(fixture.ledger.find_revocation(fixture.foreign, serial(3)));
  CHECK(fixture.take({fixture.valid(2, "CN=b")}) == std::vector{ImportOutcome::recorded_revoked});
  CHECK(fixture.ledger.find(fixture.foreign, serial(2))->state == State::revoked);
  const auto losses = fixture.accept_losses();
  CHECK(losses.size() == 2);  // one of the batch of two, and its revocation
  CHECK(fixture.flaws() == 0);
  CHECK(fixture.accept_losses().empty());
}

TEST_CASE("a revocation that was taken from a row is no loss") {
  for (const char* change :
       {"UPDATE certificates SET state = 'issued', revoked_time = NULL, note = '', "
        "standing_entry = NULL WHERE subject = 'CN=b'",
        "DELETE FROM certificates WHERE subject = 'CN=b'"}) {
    CAPTURE(change);
    ImportFixture fixture;
    fixture.take({fixture.revoked(2, "CN=b"), fixture.valid(2, "CN=c")});
    fixture.tamper(change);
    CHECK(fixture.flaws() > 0);
    CHECK(code_of([&] { fixture.accept_losses(); }) == Errc::ledger_damaged);
  }
}

TEST_CASE("a certificate that was taken out of its row is no loss") {
  ImportFixture fixture;
  fixture.issue_own(5);
  REQUIRE(fixture.flaws() == 0);
  fixture.tamper(
      "UPDATE certificates SET state = 'intent', tbs = 'MAA=', certificate = NULL, "
      "fingerprint = NULL, issued_time = NULL, issue_entry = NULL, changed_time = intent_time");
  CHECK(fixture.flaws() > 0);
  CHECK(code_of([&] { fixture.accept_losses(); }) == Errc::ledger_damaged);
}

TEST_CASE("what is left of a batch with an accepted loss is still committed to") {
  ImportFixture fixture;
  fixture.take({fixture.valid(1), fixture.valid(2, "CN=b"), fixture.valid(3, "CN=c")});
  fixture.tamper("DELETE FROM certificates WHERE subject = 'CN=b'");
  REQUIRE(fixture.accept_losses().size() == 1);
  REQUIRE(fixture.flaws() == 0);
  fixture.tamper("UPDATE certificates SET actor = 'bob' WHERE subject = 'CN=c'");
  CHECK(fixture.flaws() > 0);
  CHECK(code_of([&] { fixture.accept_losses(); }) == Errc::ledger_damaged);
}

TEST_CASE("an imported row that is taken away or put in beside the log is found") {
  for (const char* change : {"DELETE FROM certificates WHERE subject = 'CN=b'",
                             "DELETE FROM certificates WHERE origin = 'imported'",
                             "UPDATE certificates SET serial = 'aa' WHERE subject = 'CN=a'"}) {
    CAPTURE(change);
    ImportFixture fixture;
    fixture.take({fixture.valid(1), fixture.revoked(2, "CN=b")});
    fixture.tamper(change);
    CHECK(fixture.flaws() > 0);
  }
}

TEST_CASE("a serial that a row cannot hold is refused before anything is written") {
  ImportFixture fixture;
  Imported odd = fixture.valid(1);
  // A DER INTEGER of one octet, 0x85: negative.
  const x509::TbsCertificate tbs{.serial = x509::SerialNumber::from_content(Bytes{0x85}),
                                 .signature = crypto::SignatureAlgorithm::ed25519,
                                 .issuer = fixture.name,
                                 .validity = {.not_before = at(0), .not_after = at(1)},
                                 .subject = fixture.name,
                                 .public_key = fixture.key.public_key(),
                                 .extensions = {x509::encode_subject_key_identifier(
                                     fixture.key.public_key().key_identifier())}};
  odd.certificate = x509::wrap(tbs.to_der(), tbs.signature, Bytes(64));
  CHECK(find_unstorable(odd.certificate));
  const std::vector<Imported> both{fixture.valid(2), odd};
  CHECK(code_of([&] { fixture.ledger.record_imported(both, author()); }) == Errc::malformed);
  CHECK(fixture.ledger.count() == 0);
}

TEST_CASE("the reason of a revocation is read from the note that says it, and no other") {
  CHECK(reason_in_note(revocation_note("superseded")) == "superseded");
  CHECK(reason_in_note(revocation_note("")) == std::nullopt);
  CHECK(reason_in_note("made by mtlsctl probe, to be refused") == std::nullopt);
}

}  // namespace
}  // namespace mtls::store::test
