#include "lib/authority/set_fixture.hpp"

#include <doctest/doctest.h>

namespace mtls::authority::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Resumption find(SetFixture& fixture, const ca::Request& wish, KeySource source) {
  return find_resumption(fixture.prepare(wish), source, fixture.signer.public_key(),
                         fixture.standing);
}

std::optional<Errc> refusal(SetFixture& fixture, const ca::Request& wish, KeySource source) {
  return code_of([&] { static_cast<void>(find(fixture, wish, source)); });
}

store::Actor another_host() {
  return {.actor = "test", .host = "elsewhere", .pid = 1, .session = "s"};
}

}  // namespace

TEST_CASE("a key that the ledger does not know is used as it is") {
  SetFixture fixture;
  const Resumption found = find(fixture, fixture.wish(make_key()), KeySource::standing);
  CHECK_FALSE(found.recorded);
  CHECK_FALSE(found.dead_intent);
  CHECK_FALSE(found.spent_key);
}

TEST_CASE("the certificate that an earlier run recorded is given out, later on too") {
  SetFixture fixture;
  const crypto::PrivateKey key = make_key();
  const x509::Certificate made = fixture.issue(fixture.wish(key));
  fixture.clock.set(k_now + hours{1});
  CHECK(find(fixture, fixture.wish(key), KeySource::standing).recorded == made);
  CHECK_FALSE(find(fixture, fixture.wish(key), KeySource::given).recorded);
}

TEST_CASE("another wish is not answered with what an earlier run recorded") {
  SetFixture fixture;
  const crypto::PrivateKey key = make_key();
  static_cast<void>(fixture.issue(fixture.wish(key)));
  std::vector<ca::Request> wishes(4, fixture.wish(key));
  wishes[0].period = hours{24 * 10};
  wishes[1].not_after = k_now + hours{24 * 30};
  wishes[2].subject = x509::Name::parse("CN=y");
  wishes[3].subject_alt_names = {x509::GeneralName::parse("dns:a.example")};
  for (const ca::Request& wish : wishes) {
    fixture.request.existing = Existing::refuse;
    CHECK(refusal(fixture, wish, KeySource::standing) == Errc::set_mismatch);
    fixture.request.existing = Existing::replace_key;
    const Resumption found = find(fixture, wish, KeySource::standing_new);
    CHECK(found.spent_key);
    CHECK_FALSE(found.recorded);
  }
}

TEST_CASE("an end that was asked for, or that the issuer set, is the same wish later on") {
  SetFixture fixture;
  const crypto::PrivateKey key = make_key();
  ca::Request wish = fixture.wish(key);
  wish.not_after = k_now + hours{24 * 30};
  const x509::Certificate made = fixture.issue(wish);
  fixture.clock.set(k_now + hours{1});
  CHECK(find(fixture, wish, KeySource::standing).recorded == made);
}

TEST_CASE("an intent of a living process is waited for, one that was given up is not") {
  SetFixture fixture;
  const crypto::PrivateKey key = make_key();
  const auto serial = fixture.intend(key, fixture.surroundings.actor);
  CHECK(refusal(fixture, fixture.wish(key), KeySource::standing) == Errc::intent_live);
  fixture.ledger.burn_intent(
      *fixture.ledger.find_issuer(x509::Name::parse("CN=root"), fixture.signer.public_key()),
      serial, "test", {.actor = "test", .host = "here", .time = k_now});
  CHECK_FALSE(find(fixture, fixture.wish(key), KeySource::standing).dead_intent);
}

TEST_CASE("an intent of a process that cannot be seen is taken over when its time is up") {
  SetFixture fixture;
  const crypto::PrivateKey key = make_key();
  const auto serial = fixture.intend(key, another_host());
  fixture.clock.set(k_now + minutes{14});
  CHECK(refusal(fixture, fixture.wish(key), KeySource::standing) == Errc::intent_live);
  fixture.clock.set(k_now + minutes{15});
  CHECK(find(fixture, fixture.wish(key), KeySource::standing).dead_intent == serial);
}

TEST_CASE("a request key that another key has is used") {
  SetFixture fixture;
  const crypto::PrivateKey key = make_key();
  ca::Request wish = fixture.wish(key);
  wish.request_key = "job";
  fixture.request.request_key = "job";
  const x509::Certificate made = fixture.issue(wish);
  CHECK(find(fixture, fixture.wish(key), KeySource::given).recorded == made);
  CHECK(refusal(fixture, fixture.wish(make_key()), KeySource::to_make) == Errc::request_key_used);
}

}  // namespace mtls::authority::test
