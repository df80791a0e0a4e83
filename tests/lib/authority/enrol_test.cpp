#include "authority/enrol.hpp"

#include "lib/authority/set_fixture.hpp"

#include <doctest/doctest.h>

#include <functional>

namespace mtls::authority::test {
namespace {

/// A set that is seen one way without the lock and another way under it.
class SeenTwice final : public NamedOutput {
 public:
  std::function<SetContents()> without_lock = [] { return SetContents(); };
  std::function<SetContents()> under_lock = [] { return SetContents(); };
  int opened = 0;
  int published = 0;

  [[nodiscard]] SetContents peek() const override { return without_lock(); }
  [[nodiscard]] SetContents open(std::chrono::milliseconds /*timeout*/) override {
    ++opened;
    return under_lock();
  }
  void publish(const Publication& /*publication*/, Overwrite /*overwrite*/) override {
    ++published;
  }
};

Enrolled run(SetFixture& fixture, SeenTwice& output) {
  ca::Issuer issuer(fixture.signer, fixture.chain, fixture.ledger, fixture.surroundings);
  return enrol(
      fixture.request, fixture.profile,
      [&issuer](const crypto::PublicKey& /*key*/,
                const crypto::PrivateKey* /*private_key*/) -> ca::Issuer& { return issuer; },
      fixture.ledger, output, fixture.surroundings);
}

}  // namespace

TEST_CASE("what is seen without the lock may be another's work half done, and refuses nothing") {
  SetFixture fixture;
  fixture.request.existing = Existing::keep;
  const crypto::PrivateKey key = make_key();
  const SetContents complete = fixture.complete_set(key);
  const auto copy = [&complete, &key] {
    return SetContents{.key = key_file(key),
                       .new_key = std::nullopt,
                       .request = complete.request->clone(),
                       .certificate = complete.certificate->clone()};
  };
  const auto without = [&copy](const std::function<void(SetContents&)>& lose) {
    SetContents seen = copy();
    lose(seen);
    return seen;
  };
  SeenTwice output;
  output.under_lock = copy;
  for (const std::function<void(SetContents&)>& lose :
       {std::function<void(SetContents&)>([](SetContents& seen) { seen.key.reset(); }),
        std::function<void(SetContents&)>([](SetContents& seen) {
          seen.key.reset();
          seen.certificate.reset();
        }),
        std::function<void(SetContents&)>(
            [](SetContents& seen) { seen.request = SecretBytes(as_bytes("half")); })}) {
    output.without_lock = [&] { return without(lose); };
    CHECK(run(fixture, output).outcome == Outcome::unchanged);
  }
  CHECK(output.opened == 3);
  output.without_lock = copy;
  CHECK(run(fixture, output).outcome == Outcome::unchanged);
  CHECK(output.opened == 3);
  CHECK(output.published == 0);
}

TEST_CASE("what the profile denies is refused before the set is opened") {
  SetFixture fixture;
  SeenTwice output;
  fixture.request.period = std::chrono::hours{24 * 20000};
  CHECK(code_of([&] { static_cast<void>(run(fixture, output)); }) == Errc::denied_by_profile);
  CHECK(output.opened == 0);
}

}  // namespace mtls::authority::test
