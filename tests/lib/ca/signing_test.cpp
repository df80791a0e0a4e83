// The one signing path, with signers that fail or lie, for each of its callers.
#include "ca/sign_and_record.hpp"
#include "ca/throw_away_ca.hpp"
#include "crypto/weak_crypto.hpp"
#include "lib/ca/bench.hpp"
#include "x509/tbs_certificate.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <new>
#include <optional>

namespace mtls::ca {
namespace {

enum class Fault {
  none,
  throws,            // libcrypto or a token cannot
  throws_otherwise,  // out of memory
  wrong_signature,   // a faulty machine flips a bit
  empty_signature,
  other_octets,  // a valid signature over something else
  other_key,
  other_algorithm,  // over the right octets, by another digest than it says
};

constexpr std::array k_faults{
    Fault::throws,       Fault::throws_otherwise, Fault::wrong_signature, Fault::empty_signature,
    Fault::other_octets, Fault::other_key,        Fault::other_algorithm};

/// What `fault` makes of a signature that `sign` makes over a message with a key.
Bytes faulty_signature(Fault fault, ByteView message, const crypto::PrivateKey& key,
                       const std::function<Bytes(const crypto::PrivateKey&, ByteView)>& sign) {
  if (fault == Fault::throws) throw Error(Errc::io, "the token is \x01 gone");
  if (fault == Fault::throws_otherwise) throw std::bad_alloc();
  if (fault == Fault::empty_signature) return {};
  if (fault == Fault::other_key) return sign(make_key(), message);
  if (fault == Fault::other_algorithm) {
    return key.sign(crypto::SignatureAlgorithm::ecdsa_sha512, message);
  }
  Bytes octets = to_bytes(message);
  if (fault == Fault::other_octets) octets.back() ^= 1U;
  Bytes signature = sign(key, octets);
  if (fault == Fault::wrong_signature) signature.back() ^= 1U;
  return signature;
}

class FaultySigner final : public crypto::Signer {
 public:
  FaultySigner(const crypto::PrivateKey& key, Fault fault) : m_key(key), m_fault(fault) {}
  [[nodiscard]] const crypto::PublicKey& public_key() const noexcept override {
    return m_key.public_key();
  }
  [[nodiscard]] crypto::SignatureAlgorithm algorithm() const noexcept override {
    return crypto::SignatureAlgorithm::ecdsa_sha256;
  }
  [[nodiscard]] Bytes sign(ByteView message) const override {
    ++m_calls;
    if (m_calls <= m_good_calls) return m_key.sign(algorithm(), message);
    return faulty_signature(m_fault, message, m_key, [this](const auto& key, ByteView octets) {
      return key.sign(algorithm(), octets);
    });
  }
  [[nodiscard]] unsigned max_parallel() const noexcept override { return 1; }
  void fail_after(unsigned calls) { m_good_calls = calls; }
  [[nodiscard]] unsigned calls() const { return m_calls; }

 private:
  const crypto::PrivateKey& m_key;
  Fault m_fault;
  unsigned m_good_calls = 0;
  mutable unsigned m_calls = 0;
};

class FaultySha1Signer final : public crypto::AnySigner {
 public:
  FaultySha1Signer(const crypto::PrivateKey& key, Fault fault)
      : m_key(key), m_fault(fault), m_good(crypto::make_sha1_signer(key)) {}
  [[nodiscard]] const crypto::PublicKey& public_key() const noexcept override {
    return m_key.public_key();
  }
  [[nodiscard]] ByteView algorithm_identifier() const noexcept override {
    return m_good->algorithm_identifier();
  }
  [[nodiscard]] Bytes sign(ByteView message) const override {
    return faulty_signature(m_fault, message, m_key, [](const auto& key, ByteView octets) {
      return crypto::make_sha1_signer(key)->sign(octets);
    });
  }

 private:
  const crypto::PrivateKey& m_key;
  Fault m_fault;
  std::unique_ptr<crypto::AnySigner> m_good;
};

/// Runs what must fail; returns its code, nothing for what is no Error. Fails the test where it
/// does not throw.
std::optional<Errc> refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
  FAIL("a faulty signature was released");
  return std::nullopt;
}

std::optional<Errc> expected(Fault fault) {
  if (fault == Fault::throws) return Errc::io;
  if (fault == Fault::throws_otherwise) return std::nullopt;
  return Errc::faulty_signature;
}

/// All that was begun since `before` rows were there is abandoned, and holds no certificate.
void check_abandoned(const store::Ledger& ledger, std::int64_t before, std::int64_t begun) {
  CHECK(ledger.count() == before + begun);
  std::int64_t abandoned = 0;
  ledger.list({}, [&](const store::Record& record) {
    CHECK(record.state != store::State::intent);
    if (record.state != store::State::burnt) return store::Continue::yes;
    CHECK_FALSE(record.certificate);
    ++abandoned;
    return store::Continue::yes;
  });
  CHECK(abandoned == begun);
}

/// A throw-away CA, with the TBS of a defective leaf.
struct ThrowAwayBench : Bench {
  crypto::PrivateKey key = make_key();
  std::optional<x509::Certificate> root;

  ThrowAwayBench() {
    const crypto::SoftwareSigner by(key, crypto::SignatureAlgorithm::ecdsa_sha256);
    Issuer issuer = Issuer::for_new_root(by, ledger, surroundings());
    const Request wanted = request(key.public_key(), "CN=odd");
    root = issuer
               .issue(issuer.prepare({&wanted, 1},
                                     profiles.load("probe-ca", profile::ProfileUse::ca_init)))
               .front()
               .certificate;
  }
  [[nodiscard]] Bytes tbs(ByteView algorithm) const {
    std::array<std::uint8_t, 16> random{};
    crypto::fill_random(random);
    const Bytes serial = to_bytes(x509::SerialNumber::from_random(random).content());
    der::Writer writer;
    writer.sequence([&](der::Writer& fields) {  // v1: no extensions
      fields.element(der::tag::integer, serial).raw(algorithm).raw(root->subject().der());
      fields.sequence(
          [](der::Writer& times) { times.time(k_now).time(k_now + std::chrono::minutes{10}); });
      fields.raw(x509::Name::parse("CN=leaf").der()).raw(make_key().public_key().spki());
    });
    return std::move(writer).take();
  }
};

}  // namespace

TEST_CASE("a certificate of a CA is not released with a faulty signature, and no intent is left") {
  for (const Fault fault : k_faults) {
    CAPTURE(static_cast<int>(fault));
    Bench bench;
    const crypto::PrivateKey key = make_key();
    const crypto::SoftwareSigner good(key, crypto::SignatureAlgorithm::ecdsa_sha256);
    {
      Issuer root = Issuer::for_new_root(good, bench.ledger, bench.surroundings());
      const Request wanted = Bench::request(key.public_key(), "CN=root");
      bench.chain = {root.issue(root.prepare({&wanted, 1}, bench.profiles.load("root-ca")))
                         .front()
                         .certificate};
    }
    FaultySigner faulty(key, fault);
    faulty.fail_after(1);
    Issuer issuer(faulty, bench.chain, bench.ledger, bench.surroundings());
    const std::vector<Request> wanted{Bench::request(make_key().public_key(), "CN=a"),
                                      Bench::request(make_key().public_key(), "CN=b"),
                                      Bench::request(make_key().public_key(), "CN=c")};
    auto prepared = issuer.prepare(wanted, bench.profiles.load("mtls-client"));
    CHECK(refusal([&] { static_cast<void>(issuer.issue(std::move(prepared))); }) ==
          expected(fault));
    CHECK(faulty.calls() == 2);  // the first was good, and is not released either
    check_abandoned(bench.ledger, 1, 3);
  }
}

TEST_CASE("a root, new or made again, is not released with a faulty signature") {
  for (const Fault fault : k_faults) {
    CAPTURE(static_cast<int>(fault));
    Bench bench;
    const crypto::PrivateKey key = make_key();
    const FaultySigner faulty(key, fault);
    Issuer root = Issuer::for_new_root(faulty, bench.ledger, bench.surroundings());
    const Request wanted = Bench::request(key.public_key(), "CN=root");
    auto prepared = root.prepare({&wanted, 1}, bench.profiles.load("root-ca"));
    CHECK(refusal([&] { static_cast<void>(root.issue(std::move(prepared))); }) == expected(fault));
    check_abandoned(bench.ledger, 0, 1);
  }
}

TEST_CASE("what is made for a probe is not released with a faulty signature") {
  for (const Fault fault : k_faults) {
    CAPTURE(static_cast<int>(fault));
    Bench bench;
    bench.make_root();
    const auto profile = bench.profiles.load("probe", profile::ProfileUse::probe);
    const crypto::PrivateKey key = make_key();
    const crypto::SoftwareSigner good(key, crypto::SignatureAlgorithm::ecdsa_sha256);
    const FaultySigner faulty(key, fault);
    Issuer own = Issuer::for_new_root(good, bench.ledger, bench.surroundings());
    const Request root = Bench::request(key.public_key(), "CN=probed");
    const auto chain = own.issue(own.prepare({&root, 1}, bench.profiles.load("root-ca")));
    Issuer issuer(faulty, {chain.front().certificate}, bench.ledger, bench.surroundings());
    const Request wanted = Bench::request(make_key().public_key(), "CN=mtlsctl-probe");
    auto prepared = issuer.prepare({&wanted, 1}, profile);
    CHECK(refusal([&] {
            static_cast<void>(issuer.issue(std::move(prepared), Standing::revoked));
          }) == expected(fault));
    check_abandoned(bench.ledger, 2, 1);
  }
}

TEST_CASE("a throw-away CA does not release a faulty signature, with SHA-1 either") {
  for (const Fault fault : k_faults) {
    CAPTURE(static_cast<int>(fault));
    ThrowAwayBench bench;
    ThrowAwayCa ca(*bench.root, bench.ledger, bench.surroundings());
    const FaultySigner usual(bench.key, fault);
    const FaultySha1Signer sha1(bench.key, fault);
    for (const crypto::AnySigner* signer : {static_cast<const crypto::AnySigner*>(&usual),
                                            static_cast<const crypto::AnySigner*>(&sha1)}) {
      const Bytes tbs = bench.tbs(signer->algorithm_identifier());
      CHECK(refusal([&] { static_cast<void>(ca.sign(tbs, *signer)); }) == expected(fault));
    }
    check_abandoned(bench.ledger, 1, 2);
  }
}

TEST_CASE("a throw-away CA signs what it is given, by SHA-1 too, and it is recorded as revoked") {
  ThrowAwayBench bench;
  ThrowAwayCa ca(*bench.root, bench.ledger, bench.surroundings());
  const FaultySigner usual(bench.key, Fault::none);
  const FaultySha1Signer sha1(bench.key, Fault::none);
  for (const crypto::AnySigner* signer : {static_cast<const crypto::AnySigner*>(&usual),
                                          static_cast<const crypto::AnySigner*>(&sha1)}) {
    const Bytes tbs = bench.tbs(signer->algorithm_identifier());
    const x509::Certificate made = ca.sign(tbs, *signer);
    CHECK(equal(made.tbs(), tbs));
    CHECK(equal(made.signature_algorithm(), signer->algorithm_identifier()));
    const auto record = bench.ledger.find_by_fingerprint(made.fingerprint());
    REQUIRE(record);
    CHECK(record->state == store::State::revoked);
    CHECK(record->revoked_time == record->issued_time);
  }
}

TEST_CASE("a throw-away CA signs with its own key alone, and as itself alone") {
  ThrowAwayBench bench;
  ThrowAwayCa ca(*bench.root, bench.ledger, bench.surroundings());
  const crypto::PrivateKey other = make_key();
  const FaultySigner by_other(other, Fault::none);
  const FaultySigner own(bench.key, Fault::none);
  const FaultySha1Signer sha1(bench.key, Fault::none);
  CHECK(refusal([&] {
          static_cast<void>(ca.sign(bench.tbs(own.algorithm_identifier()), by_other));
        }) == Errc::key_mismatch);
  // The TBS names SHA-1, and SHA-256 is what would be used.
  CHECK(refusal([&] { static_cast<void>(ca.sign(bench.tbs(sha1.algorithm_identifier()), own)); }) ==
        Errc::internal);
  CHECK(refusal([&] { static_cast<void>(ca.sign(Bytes{0x30, 0x00}, own)); }) == Errc::malformed);
  Bench real;
  real.make_root();
  const Request leaf = Bench::request(make_key().public_key(), "CN=x");
  Issuer issuer = real.issuer();
  const auto foreign = issuer.prepare({&leaf, 1}, real.profiles.load("mtls-client"));
  CHECK(refusal([&] { static_cast<void>(ca.sign(foreign.front().tbs(), own)); }) == Errc::internal);
}

TEST_CASE("only a CA made under the profile probe-ca is a throw-away one") {
  Bench bench;
  bench.make_root();
  CHECK(failure([&] {
          static_cast<void>(ThrowAwayCa(bench.chain.front(), bench.ledger, bench.surroundings()));
        }) == Errc::issuer_unfit);
  CHECK_FALSE(is_throw_away_key(bench.ledger, bench.signer.public_key()));
}

TEST_CASE("a throw-away CA issues nothing but what mtlsctl probe shows") {
  ThrowAwayBench bench;
  const crypto::SoftwareSigner by(bench.key, crypto::SignatureAlgorithm::ecdsa_sha256);
  Issuer issuer(by, {*bench.root}, bench.ledger, bench.surroundings());
  Request wanted = Bench::request(make_key().public_key(), "CN=x");
  for (const char* profile : {"mtls-client", "alb-client", "intermediate-ca", "mtls-server"}) {
    CAPTURE(profile);
    CHECK(failure([&] {
            static_cast<void>(issuer.prepare({&wanted, 1}, bench.profiles.load(profile)));
          }) == Errc::issuer_unfit);
  }
  CHECK(failure([&] {
          static_cast<void>(issuer.prepare(
              {&wanted, 1}, bench.profiles.load("serve", profile::ProfileUse::serve)));
        }) == Errc::issuer_unfit);
  wanted.subject = x509::Name::parse("CN=mtlsctl-probe");
  const auto probed = issuer.issue(
      issuer.prepare({&wanted, 1}, bench.profiles.load("probe", profile::ProfileUse::probe)),
      Standing::revoked);
  CHECK(bench.ledger.find_by_fingerprint(probed.front().certificate.fingerprint())->state ==
        store::State::revoked);
  // A real root over its key would make real what it signed.
  Issuer again = Issuer::for_new_root(by, bench.ledger, bench.surroundings());
  const Request root = Bench::request(bench.key.public_key(), "CN=odd");
  CHECK(failure([&] {
          static_cast<void>(again.prepare({&root, 1}, bench.profiles.load("root-ca")));
        }) == Errc::issuer_unfit);
}

TEST_CASE("a profile of a user's own with a reserved name does nothing") {
  Bench bench;
  bench.make_root();
  Issuer issuer = bench.issuer();
  const Request wanted = Bench::request(make_key().public_key(), "CN=x");
  for (const char* name : {"probe", "probe-ca", "serve"}) {
    CAPTURE(name);
    profile::Profile own = bench.profiles.load("mtls-client");
    own.name = name;
    own.source = "mine/" + own.name + ".toml";
    CHECK(failure([&] {
            static_cast<void>(issuer.prepare({&wanted, 1}, own));
          }) == Errc::denied_by_profile);
  }
}

}  // namespace mtls::ca
