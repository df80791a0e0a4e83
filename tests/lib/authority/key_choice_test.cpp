#include "lib/authority/set_fixture.hpp"

#include <doctest/doctest.h>

namespace mtls::authority::test {
namespace {

KeySource source(const SetContents& contents, const SetFixture& fixture) {
  return choose_key(contents, fixture.standing).source;
}

std::optional<Errc> refusal(const SetContents& contents, const SetFixture& fixture) {
  return code_of([&] { static_cast<void>(choose_key(contents, fixture.standing)); });
}

}  // namespace

TEST_CASE("a key is made where none stands, and one that stands is used") {
  SetFixture fixture;
  CHECK(source({}, fixture) == KeySource::to_make);
  SetContents contents;
  contents.key = key_file(make_key());
  const KeyChoice choice = choose_key(contents, fixture.standing);
  CHECK(choice.source == KeySource::standing);
  CHECK(choice.protection == KeyProtection::none);
  fixture.request.existing = Existing::replace_key;
  CHECK(source(contents, fixture) == KeySource::to_make);
}

TEST_CASE("a key that waits for its certificate is used before the old one, if it opens") {
  SetFixture fixture;
  SetContents contents;
  contents.key = key_file(make_key());
  contents.new_key = key_file(make_key());
  CHECK(source(contents, fixture) == KeySource::standing);
  fixture.request.existing = Existing::replace_key;
  CHECK(source(contents, fixture) == KeySource::standing_new);
  contents.new_key = key_file(make_key(), "forgotten");
  CHECK(source(contents, fixture) == KeySource::to_make);
}

TEST_CASE("a replacement that was cut short between its renames goes on with the new key") {
  SetFixture fixture;
  fixture.request.existing = Existing::replace_key;
  SetContents contents = fixture.complete_set(make_key());
  CHECK(source(contents, fixture) == KeySource::to_make);
  const crypto::PrivateKey newer = make_key();
  contents.key = key_file(newer);
  CHECK(source(contents, fixture) == KeySource::to_make);
  static_cast<void>(fixture.issue(fixture.wish(newer)));
  CHECK(source(contents, fixture) == KeySource::standing);
}

TEST_CASE("a key that stands must be of the kind and protection that are asked for") {
  SetFixture fixture;
  SetContents contents;
  contents.key = key_file(make_key());
  fixture.request.key_spec = crypto::KeySpec::rsa(4096);
  CHECK(refusal(contents, fixture) == Errc::set_mismatch);
  fixture.request.key_spec = crypto::KeySpec::ec(crypto::Curve::p256);
  CHECK(source(contents, fixture) == KeySource::standing);
  fixture.give_passphrase("secret");
  CHECK(refusal(contents, fixture) == Errc::set_mismatch);
  contents.key = key_file(make_key(), "secret");
  CHECK(choose_key(contents, fixture.standing).protection == KeyProtection::passphrase);
}

TEST_CASE("a key that others can read is used only if that is allowed") {
  SetFixture fixture;
  SetContents contents;
  contents.key = key_file(make_key());
  contents.key->openness = Openness::open;
  CHECK(refusal(contents, fixture) == Errc::open_permissions);
  fixture.request.open_key = OpenKey::allow;
  CHECK(source(contents, fixture) == KeySource::standing);
}

TEST_CASE("a key of another user, or behind a link, is never used, allowed or not") {
  SetFixture fixture;
  SetContents contents;
  contents.key = key_file(make_key());
  const UserId other = fixture.request.owners.user() + 1;
  for (const OpenKey open_key : {OpenKey::refuse, OpenKey::allow}) {
    fixture.request.open_key = open_key;
    contents.key->owner = other;
    CHECK(refusal(contents, fixture) == Errc::foreign_owner);
    contents.key->owner = fixture.request.owners.user();
    contents.key->reached = Reached::by_link;
    CHECK(refusal(contents, fixture) == Errc::open_permissions);
    contents.key->reached = Reached::by_name;
    CHECK(source(contents, fixture) == KeySource::standing);
  }
  fixture.request.existing = Existing::replace_key;
  contents.new_key = key_file(make_key());
  contents.new_key->owner = other;
  CHECK(refusal(contents, fixture) == Errc::foreign_owner);
}

TEST_CASE("a key of another user is replaced, also where the ledger knows it") {
  SetFixture fixture;
  fixture.request.existing = Existing::replace_key;
  SetContents contents = fixture.complete_set(make_key());
  const crypto::PrivateKey planted = make_key();
  static_cast<void>(fixture.issue(fixture.wish(planted)));
  contents.key = key_file(planted);
  CHECK(source(contents, fixture) == KeySource::standing);
  contents.key->owner = fixture.request.owners.user() + 1;
  CHECK(source(contents, fixture) == KeySource::to_make);
}

TEST_CASE("a key that was given may stand in the set, and no other one beside it") {
  SetFixture fixture;
  const crypto::PrivateKey key = make_key();
  fixture.request.key = key;
  SetContents contents;
  CHECK(source(contents, fixture) == KeySource::given);
  contents.key = key_file(key);
  CHECK(source(contents, fixture) == KeySource::given);
  contents.key = key_file(make_key());
  for (const Existing existing : {Existing::refuse, Existing::replace, Existing::replace_key}) {
    fixture.request.existing = existing;
    CHECK(refusal(contents, fixture) == Errc::set_mismatch);
  }
  contents.key = key_file(key, "forgotten");
  CHECK(refusal(contents, fixture) == Errc::set_mismatch);
  contents.key = FileContents{.bytes = {}, .openness = Openness::closed};  // a dangling link
  CHECK(refusal(contents, fixture) == Errc::set_mismatch);
}

TEST_CASE("a request that stands gives way to one over the same key, or to force") {
  SetFixture fixture;
  const crypto::PrivateKey key = make_key();
  const KeyChoice made{.source = KeySource::to_make, .key = key};
  const auto overwrite = [&](const SetContents& contents) {
    return request_overwrite(contents, made, fixture.standing);
  };
  CHECK(overwrite({}) == Overwrite::no);
  SetContents contents;
  contents.request = request_file(key);
  CHECK(overwrite(contents) == Overwrite::yes);
  contents.request = request_file(make_key());
  CHECK(code_of([&] { static_cast<void>(overwrite(contents)); }) == Errc::would_overwrite);
  contents.request = SecretBytes(as_bytes("no request"));
  CHECK(code_of([&] { static_cast<void>(overwrite(contents)); }) == Errc::would_overwrite);
  fixture.request.existing = Existing::replace;
  CHECK(overwrite(contents) == Overwrite::yes);
}

}  // namespace mtls::authority::test
