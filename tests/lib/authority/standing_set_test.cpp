#include "lib/authority/set_fixture.hpp"

#include <doctest/doctest.h>

namespace mtls::authority::test {
namespace {

std::optional<Errc> refusal(const SetContents& contents, const SetFixture& fixture) {
  return code_of([&] { static_cast<void>(settle_existing(contents, fixture.standing)); });
}

}  // namespace

TEST_CASE("a set without a certificate is gone on with") {
  SetFixture fixture;
  for (const Existing existing :
       {Existing::refuse, Existing::keep, Existing::replace, Existing::replace_key}) {
    fixture.request.existing = existing;
    CHECK_FALSE(settle_existing({}, fixture.standing));
  }
}

TEST_CASE("a certificate that stands is overwritten only with force, its key only with force-key") {
  SetFixture fixture;
  const SetContents contents = fixture.complete_set(make_key());
  CHECK(refusal(contents, fixture) == Errc::would_overwrite);
  fixture.request.request_key = "job";
  CHECK(refusal(contents, fixture) == Errc::request_key_used);
  fixture.request.existing = Existing::replace;
  CHECK(refusal(contents, fixture) == Errc::would_overwrite);
  fixture.request.existing = Existing::replace_key;
  CHECK_FALSE(settle_existing(contents, fixture.standing));
  fixture.request.existing = Existing::replace;
  fixture.request.key = make_key();
  CHECK_FALSE(settle_existing(contents, fixture.standing));
}

TEST_CASE("a complete, matching, recorded set is kept") {
  SetFixture fixture;
  fixture.request.existing = Existing::keep;
  const auto kept = settle_existing(fixture.complete_set(make_key()), fixture.standing);
  REQUIRE(kept);
  CHECK(kept->outcome == Outcome::unchanged);
  CHECK_FALSE(kept->key_encrypted);
}

TEST_CASE("a set that does not match in one of its parts is not kept") {
  SetFixture fixture;
  fixture.request.existing = Existing::keep;
  const crypto::PrivateKey key = make_key();
  SetContents contents = fixture.complete_set(key);
  const auto with = [&](const std::function<void(SetContents&)>& change) {
    SetContents other{.key = key_file(key),
                      .new_key = std::nullopt,
                      .request = contents.request->clone(),
                      .certificate = contents.certificate->clone()};
    change(other);
    return refusal(other, fixture);
  };
  CHECK(with([](SetContents& set) { set.key.reset(); }) == Errc::set_mismatch);
  CHECK(with([](SetContents& set) { set.key = key_file(make_key()); }) == Errc::set_mismatch);
  CHECK(with([](SetContents& set) { set.request.reset(); }) == Errc::set_incomplete);
  CHECK(with([](SetContents& set) { set.request = request_file(make_key()); }) ==
        Errc::set_mismatch);
  fixture.request.subject = x509::Name::parse("CN=y");
  CHECK(refusal(contents, fixture) == Errc::set_mismatch);
  fixture.request.subject = x509::Name::parse("CN=x");
  fixture.request.subject_alt_names = {x509::GeneralName::parse("dns:a.example")};
  CHECK(refusal(contents, fixture) == Errc::set_mismatch);
  fixture.request.subject_alt_names = {};
  fixture.request.key_spec = crypto::KeySpec::rsa(4096);
  CHECK(refusal(contents, fixture) == Errc::set_mismatch);
  fixture.request.key_spec = {};
  fixture.give_passphrase("secret");
  CHECK(refusal(contents, fixture) == Errc::set_mismatch);
}

TEST_CASE("a set of another ledger is not kept, and one that has expired is told so") {
  SetFixture fixture;
  SetFixture other;
  fixture.request.existing = Existing::keep;
  CHECK(refusal(other.complete_set(make_key()), fixture) == Errc::set_mismatch);
  const SetContents contents = fixture.complete_set(make_key());
  fixture.clock.set(k_now + std::chrono::hours{24 * 366});
  CHECK(refusal(contents, fixture) == Errc::expired);
}

TEST_CASE("a set that another CA of the same ledger issued is not kept, whatever its name") {
  SetFixture fixture;
  fixture.request.existing = Existing::keep;
  const SetContents contents = fixture.complete_set(make_key());
  REQUIRE(settle_existing(contents, fixture.standing));
  for (const char* name : {"CN=other root", "CN=root"}) {
    const crypto::SoftwareSigner signer(make_key(), crypto::SignatureAlgorithm::ecdsa_sha256);
    ca::Issuer issuer = ca::Issuer::for_new_root(signer, fixture.ledger, fixture.surroundings);
    const ca::Request root{.public_key = signer.public_key(), .subject = x509::Name::parse(name)};
    fixture.request.issuer_chain = {
        issuer.issue(issuer.prepare({&root, 1}, profile::Catalogue().load("root-ca")))
            .front()
            .certificate};
    CHECK(refusal(contents, fixture) == Errc::set_mismatch);
  }
}

TEST_CASE("a key file that others can read is refused, encrypted or not") {
  SetFixture fixture;
  fixture.request.existing = Existing::keep;
  const crypto::PrivateKey key = make_key();
  SetContents contents = fixture.complete_set(key);
  for (const char* passphrase : {"", "secret"}) {
    contents.key = key_file(key, passphrase);
    contents.key->openness = Openness::open;
    fixture.request.open_key = OpenKey::refuse;
    CHECK(refusal(contents, fixture) == Errc::open_permissions);
    fixture.request.open_key = OpenKey::allow;
    CHECK(settle_existing(contents, fixture.standing));
  }
}

TEST_CASE("a file with the certificate alone is kept, with a notice, where a chain would follow") {
  SetFixture fixture;
  fixture.request.existing = Existing::keep;
  const SetContents contents = fixture.complete_set(make_key());
  fixture.request.append = fixture.chain;
  const auto kept = settle_existing(contents, fixture.standing);
  REQUIRE(kept);
  CHECK(kept->outcome == Outcome::unchanged);
  CHECK(kept->in_certificate_file == 1);
  REQUIRE(kept->notices.size() == 1);
  CHECK(kept->notices.front().field == "certificate");
  CHECK(kept->certificate_file == "x.crt");
}

TEST_CASE("an encrypted key is compared where its passphrase is at hand, and else let be") {
  SetFixture fixture;
  fixture.request.existing = Existing::keep;
  const crypto::PrivateKey key = make_key();
  SetContents contents = fixture.complete_set(key);
  contents.key = key_file(key, "secret");
  const auto kept = settle_existing(contents, fixture.standing);
  REQUIRE(kept);
  CHECK(kept->key_encrypted);
  fixture.give_passphrase("secret");
  CHECK(settle_existing(contents, fixture.standing));
  fixture.give_passphrase("other");
  CHECK(refusal(contents, fixture) == Errc::wrong_passphrase);
}

}  // namespace mtls::authority::test
