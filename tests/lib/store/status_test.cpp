// The status of a certificate: a property of issuer and serial.
#include "lib/store/engine.hpp"
#include "lib/store/foreign_ca.hpp"
#include "store/schema.hpp"
#include "store/status_reader.hpp"

namespace mtls::store::test {
namespace {

constexpr const char* k_hold = "certificateHold";

struct StatusFixture : LedgerFixture, ForeignCa {
  x509::Certificate own = sign(1000, "CN=foreign");
  IssuerId foreign = ledger.add_issuer(name, key.public_key(), own, author());

  void take(const x509::Certificate& certificate,
            std::optional<Imported::Revocation> revocation = std::nullopt) {
    const Imported one{
        .issuer = foreign, .certificate = certificate, .revocation = std::move(revocation)};
    ledger.record_imported({&one, 1}, author(7));
  }
  static Imported::Revocation revoked(const char* reason = "keyCompromise") {
    return {.time = at(-3600), .reason = reason};
  }
  /// The same TBS with other octets as its signature, as (r, n-s) is for ECDSA.
  [[nodiscard]] static x509::Certificate signed_otherwise(const x509::Certificate& certificate) {
    return x509::wrap(certificate.tbs(), crypto::SignatureAlgorithm::ed25519, Bytes(64, 0x17));
  }
  [[nodiscard]] CertificateStatus status(const x509::Certificate& certificate) const {
    const auto status = ledger.status(certificate, &own);
    REQUIRE(status);
    CHECK(ledger.find_revocation(foreign, certificate.serial()).has_value() ==
          status->revocation.has_value());
    CHECK(ledger.find_revocations(foreign).contains(certificate.serial()) ==
          status->revocation.has_value());
    return *status;
  }
  [[nodiscard]] bool is_revoked(std::uint64_t number) const {
    return status(sign(number, "CN=a")).state == State::revoked;
  }
  void tamper(const std::string& sql) const { connect()->execute(sql); }
  /// Puts an entry behind the others, with no care for hashes.
  void say(const char* action, std::uint64_t number, const std::string& note) const {
    const auto connection = connect();
    const auto entry = connection->prepare(
        "INSERT INTO log_entries (issuer, seq, time, actor, host, action, serial, profile, "
        "profile_hash, content, row_count, note, previous, hash) SELECT :issuer, max(seq) + 1, "
        "5, '', '', cast(:action AS text), cast(:serial AS text), '', '', '', 0, "
        "cast(:note AS text), '', '' FROM log_entries WHERE issuer = :issuer");
    entry->bind("issuer", store::number(foreign))
        .bind("action", action)
        .bind("serial", serial(number).to_text())
        .bind("note", note);
    REQUIRE(entry->run() == 1);
  }
  void say_in_table(std::uint64_t number, const std::string& reason, std::int64_t entry) const {
    const auto connection = connect();
    const auto row = connection->prepare(
        "INSERT INTO revocations (issuer, serial, time, reason, entry) "
        "VALUES (:issuer, :serial, 77, :reason, :entry)");
    row->bind("issuer", store::number(foreign))
        .bind("serial", serial(number).to_text())
        .bind("reason", reason)
        .bind("entry", entry);
    REQUIRE(row->run() == 1);
  }
};

TEST_CASE("a revocation is of every certificate with the serial") {
  StatusFixture fixture;
  const auto first = fixture.sign(5, "CN=x");
  const auto second = fixture.sign(5, "CN=y");
  fixture.take(first);
  CHECK(fixture.status(first).state == State::issued);
  fixture.take(second, StatusFixture::revoked());
  for (const auto& [certificate, recorded] :
       {std::pair{first, Recorded::yes}, std::pair{second, Recorded::yes},
        std::pair{StatusFixture::signed_otherwise(first), Recorded::other_signature},
        std::pair{StatusFixture::signed_otherwise(second), Recorded::other_signature},
        std::pair{fixture.sign(5, "CN=z"), Recorded::other_tbs}}) {
    const CertificateStatus status = fixture.status(certificate);
    CAPTURE(certificate.subject().to_text());
    CHECK(status.recorded == recorded);
    CHECK(status.state == State::revoked);
    REQUIRE(status.revocation);
    CHECK(status.revocation->time == at(-3600));
    CHECK(status.revocation->reason == "keyCompromise");
  }
  fixture.tamper(
      "UPDATE certificates SET state = 'issued', revoked_time = NULL, note = '', "
      "standing_entry = NULL WHERE subject = 'CN=x'");
  CHECK(fixture.status(first).state == State::revoked);
  const auto row = fixture.ledger.find(fixture.foreign, serial(5));
  REQUIRE(row);
  CHECK(row->state == State::issued);
  CHECK(fixture.ledger.with_status(*row).state == State::revoked);
  CHECK(fixture.ledger.with_status(*row).revoked_time == at(-3600));
}

TEST_CASE("what is recorded is told from another signature, another TBS and nothing") {
  StatusFixture fixture;
  const auto certificate = fixture.sign(1, "CN=a");
  CHECK(fixture.status(certificate).recorded == Recorded::no);
  CHECK_FALSE(fixture.status(certificate).state);
  fixture.take(certificate);
  CHECK(fixture.status(certificate).recorded == Recorded::yes);
  const auto otherwise = fixture.status(StatusFixture::signed_otherwise(certificate));
  CHECK(otherwise.recorded == Recorded::other_signature);
  CHECK(otherwise.state == State::issued);
  const auto other = fixture.status(fixture.sign(1, "CN=b"));
  CHECK(other.recorded == Recorded::other_tbs);
  CHECK_FALSE(other.state);
  CHECK_FALSE(other.revocation);
}

TEST_CASE("the octets decide where the column of the fingerprint was altered") {
  StatusFixture fixture;
  const auto certificate = fixture.sign(1, "CN=a");
  fixture.take(certificate);
  fixture.tamper("UPDATE certificates SET fingerprint = '" + std::string(64, 'a') + "'");
  CHECK(fixture.status(certificate).recorded == Recorded::yes);
}

TEST_CASE("an intent holds a TBS without a signature") {
  for (const bool burnt : {false, true}) {
    CAPTURE(burnt);
    StatusFixture fixture;
    const auto certificate = fixture.sign(3, "CN=a");
    Intent wanted = intent(fixture.foreign, 3);
    wanted.tbs = to_bytes(certificate.tbs());
    fixture.ledger.record_intents({&wanted, 1});
    if (burnt) fixture.ledger.burn_intent(fixture.foreign, serial(3), "given up", author());
    const CertificateStatus status = fixture.status(certificate);
    CHECK(status.recorded == Recorded::other_signature);
    CHECK(status.state == (burnt ? State::burnt : State::intent));
    CHECK(fixture.status(fixture.sign(3, "CN=b")).recorded == Recorded::other_tbs);
  }
}

TEST_CASE("a row that was altered or removed does not end a revocation") {
  for (const char* change : {
           "UPDATE certificates SET state = 'issued', revoked_time = NULL",
           "UPDATE certificates SET state = 'issued', revoked_time = NULL, note = '', "
           "standing_entry = NULL",
           "UPDATE certificates SET state = 'unknown'",
           "DELETE FROM certificates",
       }) {
    CAPTURE(change);
    StatusFixture fixture;
    fixture.take(fixture.sign(2, "CN=a"), StatusFixture::revoked());
    fixture.tamper(change);
    CHECK(fixture.is_revoked(2));
    CHECK(fixture.ledger.find_revocation(fixture.foreign, serial(2))->reason == "keyCompromise");
  }
}

TEST_CASE("a row that says revoked is believed without the log") {
  StatusFixture fixture;
  fixture.take(fixture.sign(2, "CN=a"));
  fixture.tamper("UPDATE certificates SET state = 'revoked'");
  CHECK(fixture.is_revoked(2));
}

TEST_CASE("unhold ends certificateHold and nothing else") {
  using Words = std::vector<std::pair<const char*, const char*>>;
  for (const auto& [words, expected] : std::vector<std::pair<Words, bool>>{
           {{{"revoke", k_hold}}, true},
           {{{"revoke", k_hold}, {"unhold", ""}}, false},
           {{{"revoke", k_hold}, {"unhold", ""}, {"revoke", k_hold}}, true},
           {{{"revoke", k_hold}, {"unhold", ""}, {"revoke", k_hold}, {"unhold", ""}}, false},
           {{{"revoke", k_hold}, {"unhold", ""}, {"revoke", "superseded"}}, true},
           {{{"revoke", "keyCompromise"}, {"unhold", ""}}, true},
           {{{"revoke", ""}, {"unhold", ""}}, true},
           {{{"revoke", "keyCompromise"}, {"revoke", k_hold}, {"unhold", ""}}, true},
           {{{"revoke", k_hold}, {"revoke", "keyCompromise"}, {"unhold", ""}}, true},
           {{{"unhold", ""}, {"revoke", k_hold}}, true},
           {{{"unhold", ""}}, false},
       }) {
    StatusFixture fixture;
    fixture.take(fixture.sign(2, "CN=a"));
    fixture.take(fixture.sign(3, "CN=a"));
    std::string shown;
    for (const auto& [action, reason] : words) {
      fixture.say(action, 2, action == std::string("revoke") ? revocation_note(reason) : "");
      shown += std::string(action) + " " + reason + ", ";
    }
    CAPTURE(shown);
    CHECK(fixture.is_revoked(2) == expected);
    CHECK_FALSE(fixture.is_revoked(3));
  }
}

TEST_CASE("unhold ends the hold of a row and of the table") {
  StatusFixture fixture;
  fixture.take(fixture.sign(2, "CN=a"), StatusFixture::revoked(k_hold));
  fixture.take(fixture.sign(3, "CN=a"), StatusFixture::revoked());
  fixture.say_in_table(4, k_hold, 1);
  fixture.say_in_table(5, "superseded", 1);
  for (std::uint64_t number = 2; number <= 5; ++number) {
    CAPTURE(number);
    CHECK(fixture.is_revoked(number));
    fixture.say("unhold", number, "");
    CHECK(fixture.is_revoked(number) == (number % 2 == 1));
  }
  const auto row = fixture.ledger.find(fixture.foreign, serial(2));
  REQUIRE(row);
  CHECK(fixture.ledger.with_status(*row).state == State::issued);
  CHECK_FALSE(fixture.ledger.with_status(*row).revoked_time);
}

TEST_CASE("a serial is revoked without a certificate") {
  StatusFixture fixture;
  fixture.say_in_table(9, "cACompromise", 1);
  const auto certificate = fixture.sign(9, "CN=a");
  const CertificateStatus status = fixture.status(certificate);
  CHECK(status.recorded == Recorded::no);
  CHECK(status.state == State::revoked);
  CHECK(status.revocation->time == UnixTime(std::chrono::seconds(77)));
  CHECK(status.revocation->reason == "cACompromise");
  fixture.take(certificate);
  CHECK(fixture.ledger.find(fixture.foreign, serial(9))->state == State::revoked);
}

TEST_CASE("serials are an issuer's own") {
  StatusFixture fixture;
  fixture.say_in_table(9, "", 1);
  CHECK_FALSE(fixture.ledger.find_revocation(fixture.issuer, serial(9)));
  const auto root = ca_certificate();
  CHECK_FALSE(fixture.ledger.status(fixture.sign(9, "CN=a"), &root));  // CN=root, another key
}

TEST_CASE("an issuer is known by its name however it is encoded") {
  StatusFixture fixture;
  fixture.take(fixture.sign(2, "CN=a"), StatusFixture::revoked());
  const x509::Name known = fixture.name;
  // CN=foreign as a PrintableString.
  fixture.name = x509::Name::from_der(from_hex("30123110300e060355040313"
                                               "07666f726569676e")
                                          .value());
  REQUIRE_FALSE(fixture.name == known);
  const x509::TbsCertificate tbs{.serial = serial(1001),
                                 .signature = crypto::SignatureAlgorithm::ed25519,
                                 .issuer = fixture.name,
                                 .validity = fixture.own.validity(),
                                 .subject = fixture.name,
                                 .public_key = fixture.key.public_key(),
                                 .extensions = fixture.own.extensions()};
  const auto issuer = x509::wrap(tbs.to_der(), tbs.signature, Bytes(64));
  const auto status = fixture.ledger.status(fixture.sign(2, "CN=a"), &issuer);
  REQUIRE(status);
  CHECK(status->state == State::revoked);
}

TEST_CASE("without its issuer a certificate is found by what was recorded of it") {
  StatusFixture fixture;
  const auto certificate = fixture.sign(2, "CN=a");
  CHECK_FALSE(fixture.ledger.status(certificate, nullptr));
  fixture.take(certificate, StatusFixture::revoked());
  CHECK(fixture.ledger.status(certificate, nullptr)->state == State::revoked);
  const auto otherwise =
      fixture.ledger.status(StatusFixture::signed_otherwise(certificate), nullptr);
  REQUIRE(otherwise);
  CHECK(otherwise->recorded == Recorded::other_signature);
  CHECK(otherwise->state == State::revoked);
  CHECK_FALSE(fixture.ledger.status(fixture.sign(2, "CN=b"), nullptr));
}

TEST_CASE("a ledger of schema 3 answers, and a migration while it is open is noticed") {
  StatusFixture fixture;
  fixture.take(fixture.sign(2, "CN=a"), StatusFixture::revoked());
  fixture.tamper("DROP TABLE revocations");
  fixture.tamper("DROP INDEX log_status");
  fixture.tamper("DROP INDEX log_crls");
  fixture.tamper("DROP INDEX certificates_replaces");
  fixture.tamper("UPDATE meta SET schema_version = 3");
  const Ledger reader = fixture.reopen(LedgerAccess::read_only);
  CHECK(reader.find_revocation(fixture.foreign, serial(2)));
  CHECK_FALSE(reader.find_revocation(fixture.foreign, serial(4)));
  {
    const auto connection = fixture.connect();
    static_cast<void>(migrate(*connection, migrations(), author()));
  }
  fixture.say_in_table(4, "", 1);
  CHECK(reader.find_revocation(fixture.foreign, serial(4)));
}

TEST_CASE("the status at an instant comes from the revocation, the state and the time") {
  const x509::Validity day{.not_before = at(0), .not_after = at(86400)};
  const Revocation revoked{.time = at(1), .reason = "keyCompromise"};
  const Revocation held{.time = at(1), .reason = k_hold};
  CHECK(status_at(State::issued, std::nullopt, day, at(-1)) == Status::not_yet_valid);
  CHECK(status_at(State::issued, std::nullopt, day, at(0)) == Status::valid);
  CHECK(status_at(State::issued, std::nullopt, day, at(86400)) ==
        Status::valid);  // both ends count
  CHECK(status_at(State::issued, std::nullopt, day, at(86401)) == Status::expired);
  CHECK(status_at(State::issued, revoked, day, at(5)) == Status::revoked);
  CHECK(status_at(State::issued, revoked, day, at(90000)) == Status::revoked);
  CHECK(status_at(State::issued, held, day, at(5)) == Status::on_hold);
  CHECK(status_at(State::revoked, std::nullopt, day, at(5)) == Status::valid);  // was on hold
  CHECK(status_at(State::intent, std::nullopt, day, at(90000)) == Status::pending);
  CHECK(status_at(State::unknown, std::nullopt, day, at(5)) == Status::unknown);
  CHECK(status_at(State::burnt, std::nullopt, day, at(5)) == Status::abandoned);
  CHECK(name(Status::not_yet_valid) == "not_yet_valid");
}

TEST_CASE("a certificate is renewed where a valid one replaces it, directly or through others") {
  StatusFixture fixture;
  for (std::uint64_t number = 2; number <= 5; ++number) {
    const bool revoked = number == 3;
    fixture.take(fixture.sign(number, "CN=a"),
                 revoked ? std::optional(StatusFixture::revoked()) : std::nullopt);
  }
  const auto replace = [&](std::uint64_t older, std::uint64_t newer) {
    fixture.tamper("UPDATE certificates SET replaces = '" + serial(older).to_text() +
                   "' WHERE serial = '" + serial(newer).to_text() + "'");
  };
  const auto read = [&](std::uint64_t number, UnixTime instant, StatusReader::Rows rows) {
    StatusReader reader(fixture.ledger, fixture.foreign, instant, rows);
    return reader.read(fixture.ledger.find(fixture.foreign, serial(number)).value());
  };
  replace(2, 3);
  for (const auto rows : {StatusReader::Rows::few, StatusReader::Rows::all}) {
    CHECK_FALSE(read(2, at(5), rows).renewed);  // what replaces it is revoked
    CHECK(read(2, at(5), rows).replaced_by == std::vector{serial(3)});
    CHECK(read(3, at(5), rows).status == Status::revoked);
    CHECK(read(3, at(5), rows).replaced_by.empty());
  }
  replace(3, 4);
  for (const auto rows : {StatusReader::Rows::few, StatusReader::Rows::all}) {
    CHECK(read(2, at(5), rows).renewed);
    CHECK(read(2, at(5), rows).replaced_by == std::vector{serial(3)});
    CHECK_FALSE(read(2, at(90000), rows).renewed);  // all are expired
    CHECK_FALSE(read(4, at(5), rows).renewed);
  }
  replace(4, 2);  // rows altered into a circle end all the same
  for (const auto rows : {StatusReader::Rows::few, StatusReader::Rows::all}) {
    CHECK_FALSE(read(2, at(90000), rows).renewed);
    CHECK(read(4, at(5), rows).renewed);
  }
}

}  // namespace
}  // namespace mtls::store::test
