// An adopted CA and what is imported for it: the ledger that comes of it is sound by its own audit.
#include "authority/adopt.hpp"

#include "authority/import_ca.hpp"
#include "lib/authority/adopt_fixture.hpp"

#include <doctest/doctest.h>

namespace mtls::authority::test {
namespace {

TEST_CASE("the ledger of an adopted and reissued CA is sound, with all that was imported") {
  AdoptFixture fixture;
  const Adopted adopted = fixture.adopt(AdoptRequest::Reissue::yes);
  CHECK(adopted.can_issue);
  CHECK(adopted.certificate.version() == 3);
  CHECK(adopted.certificate.subject() == fixture.certificate.subject());
  CHECK(adopted.certificate.subject_key_identifier() ==
        fixture.certificate.subject_key_identifier());
  const CaDirectory ca = CaDirectory::open(fixture.directory.path() / "ca", Named::explicitly,
                                           TrustedOwners::of_process());
  store::Ledger ledger =
      ca.open_ledger(std::chrono::seconds(5), {.actor = "a", .host = "h", .time = k_now});
  CHECK(AdoptFixture::flaws(ledger) == 0);

  const auto key = make_key();
  fixture.put("old/newcerts/02.pem", to_pem(fixture.sign(2, x509::Name::parse("CN=a"), key)));
  fixture.put("old/certs/twin.pem", to_pem(fixture.sign(2, x509::Name::parse("CN=b"), key)));
  fixture.put("old/newcerts/03.pem", to_pem(fixture.sign(3, x509::Name::parse("CN=c"), key)));
  fixture.put("old/index.txt",
              "R\t330101000000Z\t200101000000Z,keyCompromise\t02\tunknown\t/CN=a\n"
              "V\t330101000000Z\t\t03\tunknown\t/CN=c\n");
  const ImportRequest request{.path = fixture.directory.path() / "old",
                              .ca = ca,
                              .ledger = ledger,
                              .author = {.actor = "a", .host = "h", .time = k_now}};
  const ImportReport report = import_ca(request, context());
  CHECK(report.imported == 3);
  CHECK(report.revoked == 2);
  CHECK(report.damaged);
  REQUIRE(report.notes.size() == 1);
  CHECK(report.notes.front().finding == ImportFinding::repeated_serial);
  CHECK(AdoptFixture::flaws(ledger) == 0);
  CHECK(import_ca(request, context()).already_there == 3);
  CHECK(AdoptFixture::flaws(ledger) == 0);
}

TEST_CASE("without a new certificate nothing can be issued, and the old one is in the ledger") {
  const AdoptFixture fixture;
  const Adopted adopted = fixture.adopt(AdoptRequest::Reissue::no);
  CHECK_FALSE(adopted.can_issue);
  REQUIRE_FALSE(adopted.findings.empty());
  CHECK(adopted.findings.front().defect == CaDefect::no_basic_constraints);
  const CaDirectory ca = CaDirectory::open(fixture.directory.path() / "ca", Named::explicitly,
                                           TrustedOwners::of_process());
  CHECK(ca.certificate() == fixture.certificate);
  const store::Ledger ledger = ca.read_ledger({.lock_timeout = std::chrono::seconds(5)});
  CHECK(ledger.count() == 1);
  CHECK(AdoptFixture::flaws(ledger) == 0);
  const auto again = [&fixture] { static_cast<void>(fixture.adopt(AdoptRequest::Reissue::no)); };
  CHECK(code_of(again) == Errc::would_overwrite);
}

TEST_CASE("a key of another certificate is refused before there is a directory") {
  const AdoptFixture fixture;
  AdoptRequest request = fixture.wish(AdoptRequest::Reissue::no);
  request.key = make_key();
  const auto adopting = [&] {
    static_cast<void>(adopt_ca(request, fixture.root, fixture.surroundings));
  };
  CHECK(code_of(adopting) == Errc::key_mismatch);
  CHECK_FALSE(name_exists(request.directory));
}

}  // namespace
}  // namespace mtls::authority::test
