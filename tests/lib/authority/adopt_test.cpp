// An adopted CA and what is imported for it: the ledger that comes of it is sound by its own audit.
#include "authority/adopt.hpp"

#include "authority/import_ca.hpp"
#include "crypto/signature_algorithm.hpp"
#include "lib/authority/set_fixture.hpp"
#include "support/temporary_directory.hpp"
#include "x509/tbs_certificate.hpp"

#include <doctest/doctest.h>

namespace mtls::authority::test {
namespace {

constexpr auto k_algorithm = crypto::SignatureAlgorithm::ecdsa_sha256;

/// A root without basicConstraints, and clients that it signed.
struct OldCa {
  crypto::PrivateKey key = make_key();
  x509::Name name = x509::Name::parse("CN=Old root");
  x509::Certificate certificate = sign(1, name, key);

  [[nodiscard]] x509::Certificate sign(std::uint8_t number, const x509::Name& subject,
                                       const crypto::PrivateKey& subject_key) const {
    const x509::TbsCertificate tbs{.serial = x509::SerialNumber::from_content(Bytes{number}),
                                   .signature = k_algorithm,
                                   .issuer = name,
                                   .validity = {.not_before = k_now - std::chrono::hours(1),
                                                .not_after = k_now + std::chrono::hours(24 * 365)},
                                   .subject = subject,
                                   .public_key = subject_key.public_key(),
                                   .extensions = {x509::encode_subject_key_identifier(
                                       subject_key.public_key().key_identifier())}};
    const Bytes octets = tbs.to_der();
    return x509::wrap(octets, k_algorithm, key.sign(k_algorithm, octets));
  }
};

struct AdoptFixture : SetFixture, OldCa {
  mtls::test::TemporaryDirectory directory;
  profile::Profile root = profile::Catalogue().load("root-ca");

  [[nodiscard]] AdoptRequest wish(AdoptRequest::Reissue reissue) const {
    AdoptRequest wanted{
        .directory = directory.path() / "ca", .certificate = certificate, .key = OldCa::key};
    wanted.reissue = reissue;
    return wanted;
  }
  [[nodiscard]] Adopted adopt(AdoptRequest::Reissue reissue) const {
    return adopt_ca(wish(reissue), root, surroundings);
  }
  void put(const Path& file, std::string_view content) const {
    std::filesystem::create_directories((directory.path() / file).parent_path());
    write_file(directory.path() / file, as_bytes(content), Access::shared, Overwrite::no);
  }
  [[nodiscard]] static std::int64_t flaws(const store::Ledger& ledger) {
    std::int64_t found = ledger.check_rows(context()).found;
    for (const store::IssuerId issuer : ledger.issuers()) found += ledger.verify_log(issuer).found;
    return found;
  }
};

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
