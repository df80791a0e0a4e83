#include "crypto/private_key.hpp"

#include "broken_random.hpp"
#include "crypto/key_check.hpp"
#include "crypto/signer.hpp"
#include "der/pem.hpp"
#include "der/reader.hpp"
#include "fixtures.hpp"
#include "rsa_conditions.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace mtls::crypto {
namespace {

using test::code_of;
using test::context;
using test::read_key;

bool signs_for(const PrivateKey& key, const PublicKey& public_key) {
  const auto algorithm =
      signature_algorithm(public_key.spec()->type(), default_digest(public_key.spec().value()));
  const Bytes signature = key.sign(algorithm, as_bytes("message"));
  return verify_signature(public_key, algorithm, as_bytes("message"), signature, context());
}

TEST_CASE("makes a key of each kind that signs") {
  for (const PrivateKey& key : test::keys()) {
    CAPTURE(key.public_key().description());
    CHECK(signs_for(key, key.public_key()));
    CHECK(check_key(key.public_key(), context()).empty());
  }
  CHECK(test::keys().at(0).public_key().spec() == KeySpec::rsa(2048));
  CHECK(test::keys().at(3).public_key().spec() == KeySpec::ec(Curve::p521));
  CHECK(test::keys().at(4).public_key().spec() == KeySpec::ed25519());
}

TEST_CASE("lets a provider make the key where that is asked for") {
  for (const char* const text : {"rsa:2048", "ec:p256", "ed25519"}) {
    const auto spec = KeySpec::parse(text).value();
    const auto key = PrivateKey::generate(spec, Keygen::provider, context());
    CHECK(key.public_key().spec() == spec);
    CHECK(signs_for(key, key.public_key()));
    CHECK(signs_for(read_key(key.to_pkcs8_pem().view()), key.public_key()));
  }
}

TEST_CASE("makes another key each time") {
  std::set<Bytes> seen;
  for (int i = 0; i < 20; ++i) {
    for (const KeySpec& spec : {KeySpec::ec(Curve::p256), KeySpec::ed25519()}) {
      const auto key = PrivateKey::generate(spec, Keygen::standard, context());
      seen.insert(to_bytes(key.public_key().spki()));
    }
  }
  CHECK(seen.size() == 40);
}

TEST_CASE("makes no RSA key of a refused size") {
  for (const unsigned bits : {0U, 512U, 1024U, 2040U, 2049U, 8200U, 16384U}) {
    CHECK(code_of([&] {
            static_cast<void>(
                PrivateKey::generate(KeySpec::rsa(bits), Keygen::standard, context()));
          }) == Errc::weak_key);
  }
}

TEST_CASE("makes RSA primes as FIPS 186-5 wants them") {
  test::check_rsa_conditions(test::keys().at(0));
  // A size whose half is not a multiple of a word.
  test::check_rsa_conditions(PrivateKey::generate(KeySpec::rsa(2056), Keygen::standard, context()));
}

TEST_CASE("reads back what it writes") {
  for (const PrivateKey& key : test::keys()) {
    CAPTURE(key.public_key().description());
    const SecretBytes plain = key.to_pkcs8_pem();
    CHECK(!is_encrypted_key(plain.view()));
    const PrivateKey again = read_key(plain.view());
    CHECK(again.public_key() == key.public_key());
    CHECK(signs_for(again, key.public_key()));
    CHECK(equal(again.to_pkcs8_pem().view(), plain.view()));
  }
}

TEST_CASE("writes what openssl and GnuTLS read, and both see the same key") {
  const test::TemporaryDirectory directory;
  for (const PrivateKey& key : test::keys()) {
    CAPTURE(key.public_key().description());
    const std::string path = directory.write("key", as_text(key.to_pkcs8_pem().view()));
    test::must_run({"openssl", "pkey", "-in", path, "-noout", "-check"});
    CHECK(test::openssl_public(path) == key.public_key());
    CHECK(test::gnutls_public(path) == key.public_key());
    test::must_run({"certtool", "--infile", path, "--key-info"});
  }
}

TEST_CASE("openssl verifies what is signed here") {
  const test::TemporaryDirectory directory;
  const std::string message = directory.write("message", "to be signed");
  for (const PrivateKey& key : test::keys()) {
    const KeySpec spec = key.public_key().spec().value();
    CAPTURE(spec.to_text());
    const std::string public_path =
        directory.write("public", der::to_pem("PUBLIC KEY", key.public_key().spki()));
    for (const Digest digest : {Digest::sha256, Digest::sha384, Digest::sha512}) {
      const Bytes signature =
          key.sign(signature_algorithm(spec.type(), digest), as_bytes("to be signed"));
      const std::string signature_path = directory.write("signature", as_text(signature));
      if (spec.type() == KeyType::ed25519) {
        test::must_run({"openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public_path, "-rawin",
                        "-in", message, "-sigfile", signature_path});
      } else {
        test::must_run({"openssl", "dgst", "-" + std::string(name(digest)), "-verify", public_path,
                        "-signature", signature_path, message});
      }
    }
  }
}

TEST_CASE("does not sign by the algorithm of another type") {
  const auto& keys = test::keys();
  CHECK(code_of([&] {
          static_cast<void>(keys[0].sign(SignatureAlgorithm::ecdsa_sha256, as_bytes("m")));
        }) == Errc::internal);
  CHECK(code_of([&] {
          static_cast<void>(keys[1].sign(SignatureAlgorithm::ed25519, as_bytes("m")));
        }) == Errc::internal);
  CHECK(code_of([&] { SoftwareSigner(keys[4], SignatureAlgorithm::rsa_sha256); }) ==
        Errc::internal);
}

TEST_CASE("throws io where the modulus has no room for the digest") {
  const test::TemporaryDirectory directory;
  test::must_run({"openssl", "genrsa", "-out", directory.file("small"), "512"});
  const PrivateKey key = read_key(directory.read("small"));
  CHECK(code_of([&] {
          static_cast<void>(key.sign(SignatureAlgorithm::rsa_sha512, as_bytes("m")));
        }) == Errc::io);
}

TEST_CASE("signs on several threads with one key, through a signer") {
  for (const PrivateKey& key : test::keys()) {
    const PublicKey& public_key = key.public_key();
    const auto algorithm = signature_algorithm(public_key.spec()->type(), Digest::sha256);
    const SoftwareSigner signer(key, algorithm);
    CHECK(signer.algorithm() == algorithm);
    CHECK(signer.public_key() == public_key);
    CHECK(signer.max_parallel() >= 1);
    std::array<bool, 4> good{};
    std::vector<std::thread> threads;
    threads.reserve(good.size());
    for (bool& slot : good) {
      threads.emplace_back([&] {
        bool all = true;
        for (int i = 0; i < 10; ++i) {
          const std::string message = "message " + std::to_string(i);
          all = all && verify_signature(public_key, algorithm, as_bytes(message),
                                        signer.sign(as_bytes(message)), context());
        }
        slot = all;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(std::all_of(good.begin(), good.end(), [](bool one) { return one; }));
  }
}

TEST_CASE("a failing random generator is an error, from either thread, and never a key") {
  // Made before the generator fails.
  const auto& keys = test::keys();
  const test::BrokenRandom broken;
  for (const char* const text : {"rsa:2048", "ec:p256", "ed25519"}) {
    for (const Keygen keygen : {Keygen::standard, Keygen::provider}) {
      CAPTURE(std::string(text));
      CHECK(code_of([&] {
              static_cast<void>(
                  PrivateKey::generate(KeySpec::parse(text).value(), keygen, context()));
            }) == Errc::io);
    }
  }
  CHECK(code_of([&] {
          static_cast<void>(keys[1].sign(SignatureAlgorithm::ecdsa_sha256, as_bytes("m")));
        }) == Errc::io);
  CHECK(code_of([&] { static_cast<void>(keys[1].to_pkcs8_pem(as_bytes("x"))); }) == Errc::io);
}

TEST_CASE("works in a private library context") {
  const auto own = ossl::Context::make_private(ossl::Configuration::none);
  for (const char* const text : {"rsa:2048", "ec:p384", "ed25519"}) {
    const auto key = PrivateKey::generate(KeySpec::parse(text).value(), Keygen::standard, own);
    const auto again =
        PrivateKey::from_file(key.to_pkcs8_pem().view(), "key", {}, LegacyKeys::refuse, own);
    CHECK(again.public_key() == key.public_key());
    CHECK(signs_for(again, key.public_key()));
  }
}

}  // namespace
}  // namespace mtls::crypto
