#include "probe/forgery.hpp"

#include "crypto/signer.hpp"
#include "x509/tbs_certificate.hpp"

#include <doctest/doctest.h>

#include <array>

namespace mtls::probe {
namespace {

using crypto::KeySpec;
using crypto::PrivateKey;
using x509::Certificate;
namespace oids = x509::oids;

const ossl::Context& context() {
  static const ossl::Context context = ossl::Context::process_default(ossl::Configuration::none);
  return context;
}

PrivateKey make_key(const KeySpec& spec) {
  return PrivateKey::generate(spec, crypto::Keygen::standard, context());
}

/// A certificate by hand: what a CA would sign, without policy.
Certificate issue(const char* subject, const PrivateKey& key, const char* issuer,
                  const PrivateKey& by) {
  const KeySpec spec = by.public_key().spec().value();
  const auto algorithm = crypto::signature_algorithm(spec.type(), crypto::default_digest(spec));
  std::array<std::uint8_t, 16> random{};
  crypto::fill_random(random);
  const x509::TbsCertificate tbs{
      .serial = x509::SerialNumber::from_random(random),
      .signature = algorithm,
      .issuer = x509::Name::parse(issuer),
      .validity = {UnixTime(std::chrono::seconds(1'700'000'000)),
                   UnixTime(std::chrono::seconds(1'900'000'000))},
      .subject = x509::Name::parse(subject),
      .public_key = key.public_key(),
      .extensions = {
          x509::encode_extended_key_usage({oids::client_auth()}, x509::Criticality::non_critical),
          x509::encode_subject_key_identifier(key.public_key().key_identifier()),
          x509::encode_authority_key_identifier(by.public_key().key_identifier())}};
  const Bytes octets = tbs.to_der();
  return x509::wrap(octets, algorithm, by.sign(algorithm, octets));
}

struct Bench {
  PrivateKey root = make_key(KeySpec::ec(crypto::Curve::p256));
  PrivateKey middle = make_key(KeySpec::ec(crypto::Curve::p256));
  PrivateKey good = make_key(KeySpec::ec(crypto::Curve::p256));
  tls::Identity identity{.chain = {issue("CN=alice", good, "CN=middle", middle),
                                   issue("CN=middle", middle, "CN=root", root)},
                         .key = good};
  Forger forger{identity, context()};
};

}  // namespace

TEST_CASE("the self-signed copy bears the good one's names and its own key") {
  const Bench bench;
  const tls::Identity forged = bench.forger.self_signed_copy();
  REQUIRE(forged.chain.size() == 1);
  const Certificate& one = forged.chain.front();
  CHECK(one.subject() == bench.identity.chain.front().subject());
  CHECK(one.is_self_issued());
  CHECK(one.is_signed_by(forged.key.public_key(), context()));
  CHECK(one.public_key() == forged.key.public_key());
  CHECK_FALSE(one.public_key() == bench.good.public_key());
  CHECK_FALSE(one.authority_key_identifier());
  CHECK(one.extended_key_usage() == bench.identity.chain.front().extended_key_usage());
}

TEST_CASE("the rogue chain has the names and key identifiers of the real one, and other keys") {
  const Bench bench;
  const tls::Identity forged = bench.forger.under_rogue_ca();
  REQUIRE(forged.chain.size() == 3);
  const auto& real = bench.identity.chain;
  for (std::size_t i = 0; i < real.size(); ++i) {
    CHECK(forged.chain[i].subject() == real[i].subject());
    CHECK(forged.chain[i].issuer() == real[i].issuer());
    CHECK(forged.chain[i].serial() == real[i].serial());
    CHECK(forged.chain[i].subject_key_identifier() == real[i].subject_key_identifier());
    CHECK(forged.chain[i].is_signed_by(forged.chain[i + 1].public_key(), context()));
    CHECK_FALSE(forged.chain[i].public_key() == real[i].public_key());
  }
  CHECK(forged.chain[2].subject() == real[1].issuer());
  CHECK(forged.chain[2].subject_key_identifier() == bench.root.public_key().key_identifier());
  CHECK(forged.chain[2].is_self_issued());
}

TEST_CASE("the one named as the anchor is self-signed under the root's name") {
  const Bench bench;
  const tls::Identity forged = bench.forger.named_as_anchor();
  CHECK(forged.chain.front().subject() == x509::Name::parse("CN=root"));
  CHECK(forged.chain.front().is_signed_by(forged.key.public_key(), context()));
}

TEST_CASE("one bit of the signature is flipped, and nothing else") {
  const Bench bench;
  const tls::Identity forged = bench.forger.flipped_signature();
  const Certificate& real = bench.identity.chain.front();
  CHECK(equal(forged.chain.front().tbs(), real.tbs()));
  CHECK(real.is_signed_by(bench.middle.public_key(), context()));
  CHECK_FALSE(forged.chain.front().is_signed_by(bench.middle.public_key(), context()));
  CHECK(forged.key.public_key() == bench.good.public_key());
}

TEST_CASE("the wrong key shows the right public half and cannot sign for it") {
  constexpr std::string_view k_message = "transcript";
  for (const KeySpec& spec : {KeySpec::ec(crypto::Curve::p256), KeySpec::ec(crypto::Curve::p521),
                              KeySpec::rsa(2048), KeySpec::ed25519()}) {
    const PrivateKey real = make_key(spec);
    const PrivateKey wrong = PrivateKey::make_false(real.public_key(), context());
    CHECK(wrong.public_key() == real.public_key());
    const auto algorithm = crypto::signature_algorithm(spec.type(), crypto::default_digest(spec));
    const auto verifies = [&](const PrivateKey& key) {
      return crypto::verify_signature(real.public_key(), algorithm, as_bytes(k_message),
                                      key.sign(algorithm, as_bytes(k_message)), context());
    };
    CHECK(verifies(real));
    CHECK_FALSE(verifies(wrong));
  }
}

TEST_CASE("E6 is issued by the good certificate, with its chain behind") {
  const Bench bench;
  const tls::Identity forged = bench.forger.signed_by_good();
  REQUIRE(forged.chain.size() == 3);
  CHECK(forged.chain[0].issuer() == x509::Name::parse("CN=alice"));
  CHECK(forged.chain[0].is_signed_by(bench.good.public_key(), context()));
  CHECK(forged.chain[1] == bench.identity.chain[0]);
}

TEST_CASE("forgeries have keys of the good one's kind") {
  Bench bench;
  const PrivateKey rsa = make_key(KeySpec::rsa(2048));
  const tls::Identity identity{.chain = {issue("CN=r", rsa, "CN=middle", bench.middle)},
                               .key = rsa};
  const Forger forger(identity, context());
  CHECK(forger.self_signed_copy().key.public_key().spec() == KeySpec::rsa(2048));
  CHECK(forger.under_rogue_ca().chain[1].public_key().spec() == KeySpec::ec(crypto::Curve::p256));
}

}  // namespace mtls::probe
