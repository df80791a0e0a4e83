#include "crypto/public_key.hpp"

#include "der/reader.hpp"
#include "der/writer.hpp"
#include "fixtures.hpp"

#include <doctest/doctest.h>

#include <array>
#include <thread>
#include <utility>
#include <vector>

namespace mtls::crypto {
namespace {

using test::code_of;
using test::context;
using test::make_spki;

Bytes algorithm_of(std::string_view oid, ByteView parameters = {}) {
  der::Writer writer;
  writer.oid(der::oid(oid)).raw(parameters);
  return std::move(writer).take();
}

Bytes null() {
  der::Writer writer;
  writer.null();
  return std::move(writer).take();
}

std::optional<Errc> reading(ByteView spki) {
  return code_of([&] { return PublicKey::from_spki(spki); });
}

TEST_CASE("reads what openssl writes, and sees the same key") {
  const test::TemporaryDirectory directory;
  struct Row {
    std::vector<std::string> options;
    const char* spec;
    const char* description;
  };
  const std::vector<Row> rows{
      {{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}, "rsa:2048", "RSA 2048"},
      {{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}, "ec:p256", "EC P-256"},
      {{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"}, "ec:p384", "EC P-384"},
      {{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"}, "ec:p521", "EC P-521"},
      {{"-algorithm", "ED25519"}, "ed25519", "Ed25519"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.spec);
    std::vector<std::string> arguments{"openssl", "genpkey", "-out", directory.file("key")};
    arguments.insert(arguments.end(), row.options.begin(), row.options.end());
    test::must_run(arguments);
    const PublicKey key = test::openssl_public(directory.file("key"));
    REQUIRE(key.spec());
    CHECK(key.spec()->to_text() == row.spec);
    CHECK(key.form() == KeyForm::known);
    CHECK(key.description() == row.description);
    CHECK(PublicKey::from_spki(key.spki()) == key);
    CHECK(key.spki_hash() == sha256(key.spki()));
  }
}

TEST_CASE("makes the key identifier from SHA-256 of the key's bits, as RFC 7093 has it") {
  const PublicKey& key = test::keys().at(1).public_key();
  const Sha256 digest = sha256(key.key_bits());
  CHECK(equal(key.key_identifier(), ByteView(digest).first(20)));
  // The bits are the point: the identifier does not depend on the algorithm around it.
  REQUIRE(key.key_bits().size() == 65);
  CHECK(key.key_bits()[0] == 4);
}

TEST_CASE("gives the numbers of an RSA key without the zero in front") {
  const Bytes modulus = from_hex("c000000000000000000000000000000000000000000000000001").value();
  const PublicKey key = PublicKey::from_spki(test::rsa_spki(modulus, test::usual_exponent()));
  REQUIRE(key.rsa());
  CHECK(equal(key.rsa()->modulus, modulus));
  CHECK(equal(key.rsa()->exponent, test::usual_exponent()));
  CHECK(key.spec() == KeySpec::rsa(208));
  CHECK(!test::keys().at(1).public_key().rsa());
}

TEST_CASE("counts the bits of a modulus that begins with few") {
  for (const auto& [hex, bits] : std::vector<std::pair<const char*, unsigned>>{
           {"01", 1}, {"03", 2}, {"ff", 8}, {"0101", 9}, {"7fff", 15}, {"8001", 16}}) {
    const auto spki = test::rsa_spki(from_hex(hex).value(), test::usual_exponent());
    CHECK(PublicKey::from_spki(spki).spec() == KeySpec::rsa(bits));
  }
}

TEST_CASE("reads keys that are never accepted, and says what they are") {
  const Bytes point(57, 4);
  const auto describe = [](ByteView spki) {
    const PublicKey key = PublicKey::from_spki(spki);
    CHECK(!key.spec());
    CHECK(!key.rsa());
    return std::pair(key.form(), key.description());
  };
  using Described = std::pair<KeyForm, std::string>;
  const Bytes key{2, 1, 1};
  CHECK(describe(make_spki(algorithm_of("1.2.840.10040.4.1"), key)) ==
        Described{KeyForm::other_algorithm, "DSA"});
  CHECK(describe(make_spki(algorithm_of("1.2.840.113549.1.1.10"), key)) ==
        Described{KeyForm::other_algorithm, "RSASSA-PSS"});
  CHECK(describe(make_spki(algorithm_of("1.3.101.110"), Bytes(32))) ==
        Described{KeyForm::other_algorithm, "X25519"});
  CHECK(describe(make_spki(algorithm_of("1.2.3.4"), Bytes{8}, 3)) ==
        Described{KeyForm::other_algorithm, "algorithm 1.2.3.4"});
  CHECK(describe(test::ec_spki("1.3.132.0.33", point)) ==
        Described{KeyForm::other_curve, "EC P-224"});
  CHECK(describe(test::ec_spki("1.3.132.0.10", point)) ==
        Described{KeyForm::other_curve, "EC secp256k1"});
  CHECK(describe(test::ec_spki("1.2.3", point)) ==
        Described{KeyForm::other_curve, "EC curve 1.2.3"});
  const Bytes explicit_parameters = from_hex("3003020101").value();
  CHECK(describe(make_spki(algorithm_of("1.2.840.10045.2.1", explicit_parameters), point)) ==
        Described{KeyForm::explicit_curve, "EC with explicit parameters"});
}

TEST_CASE("refuses an RSA key that is not one") {
  const Bytes rsa = algorithm_of("1.2.840.113549.1.1.1", null());
  const auto with_key = [&](const char* hex) {
    return reading(make_spki(rsa, from_hex(hex).value()));
  };
  CHECK(with_key("3006020103020103") == std::nullopt);
  CHECK(with_key("") == Errc::malformed);
  CHECK(with_key("3000") == Errc::malformed);
  CHECK(with_key("3003020103") == Errc::malformed);              // no exponent
  CHECK(with_key("3009020103020103020103") == Errc::malformed);  // three numbers
  CHECK(with_key("300602010302010300") == Errc::malformed);      // octets behind
  CHECK(with_key("3006020100020103") == Errc::malformed);        // zero
  CHECK(with_key("3006020103020100") == Errc::malformed);
  CHECK(with_key("3006020183020103") == Errc::malformed);    // negative
  CHECK(with_key("300702020003020103") == Errc::malformed);  // not minimal
  CHECK(with_key("300602010302810103") == Errc::malformed);
  CHECK(reading(make_spki(algorithm_of("1.2.840.113549.1.1.1"),
                          from_hex("3006020103020103").value())) == Errc::malformed);
  CHECK(reading(make_spki(rsa, from_hex("3006020103020100").value(), 1)) == Errc::malformed);
}

TEST_CASE("refuses an EC or Ed25519 key that is not one") {
  const Bytes point(65, 4);
  CHECK(reading(make_spki(algorithm_of("1.2.840.10045.2.1"), point)) == Errc::malformed);
  CHECK(reading(make_spki(algorithm_of("1.2.840.10045.2.1", null()), point)) == Errc::malformed);
  CHECK(reading(test::ec_spki("1.2.840.10045.3.1.7", {})) == Errc::malformed);
  CHECK(reading(test::ed25519_spki(Bytes(32))) == std::nullopt);
  CHECK(reading(test::ed25519_spki(Bytes(31))) == Errc::malformed);
  CHECK(reading(test::ed25519_spki(Bytes(33))) == Errc::malformed);
  CHECK(reading(make_spki(algorithm_of("1.3.101.112", null()), Bytes(32))) == Errc::malformed);
}

TEST_CASE("refuses every truncation and every octet behind a key") {
  for (const PrivateKey& pair : test::keys()) {
    const ByteView spki = pair.public_key().spki();
    for (std::size_t size = 0; size < spki.size(); ++size) {
      CHECK(reading(spki.first(size)) == Errc::malformed);
    }
    Bytes longer = to_bytes(spki);
    longer.push_back(0);
    CHECK(reading(longer) == Errc::malformed);
  }
}

TEST_CASE("a changed octet is another key or none") {
  for (const PrivateKey& pair : test::keys()) {
    const PublicKey& key = pair.public_key();
    for (std::size_t at = 0; at < key.spki().size(); ++at) {
      Bytes changed = to_bytes(key.spki());
      changed[at] ^= 0x10U;
      bool same = true;
      const auto code = code_of([&] { same = PublicKey::from_spki(changed) == key; });
      if (code) {
        CHECK(code == Errc::malformed);
      } else {
        CHECK(!same);
      }
    }
  }
}

TEST_CASE("checks signatures of each kind") {
  for (const PrivateKey& pair : test::keys()) {
    const PublicKey& key = pair.public_key();
    CAPTURE(key.description());
    for (const Digest digest : {Digest::sha256, Digest::sha384, Digest::sha512}) {
      const auto algorithm = signature_algorithm(key.spec()->type(), digest);
      const Bytes signature = pair.sign(algorithm, as_bytes("message"));
      const auto verify = [&](ByteView message, ByteView candidate) {
        return verify_signature(key, algorithm, message, candidate, context());
      };
      CHECK(verify(as_bytes("message"), signature));
      CHECK(!verify(as_bytes("massage"), signature));
      CHECK(!verify(as_bytes("message"), {}));
      CHECK(!verify(as_bytes("message"), ByteView(signature).first(signature.size() - 1)));
      for (const std::size_t at : {std::size_t{0}, signature.size() / 2, signature.size() - 1}) {
        Bytes changed = signature;
        changed[at] ^= 1U;
        CHECK(!verify(as_bytes("message"), changed));
      }
      Bytes longer = signature;
      longer.push_back(0);
      CHECK(!verify(as_bytes("message"), longer));
    }
  }
}

TEST_CASE("a signature is not one by another key or algorithm") {
  const auto& keys = test::keys();
  const Bytes signature = keys[1].sign(SignatureAlgorithm::ecdsa_sha256, as_bytes("m"));
  CHECK(verify_signature(keys[1].public_key(), SignatureAlgorithm::ecdsa_sha256, as_bytes("m"),
                         signature, context()));
  for (const std::size_t other : {0U, 2U, 3U, 4U}) {
    CHECK(!verify_signature(keys[other].public_key(), SignatureAlgorithm::ecdsa_sha256,
                            as_bytes("m"), signature, context()));
  }
  CHECK(!verify_signature(keys[1].public_key(), SignatureAlgorithm::ecdsa_sha384, as_bytes("m"),
                          signature, context()));
  CHECK(!verify_signature(keys[1].public_key(), SignatureAlgorithm::rsa_sha256, as_bytes("m"),
                          signature, context()));
  CHECK(!verify_signature(keys[1].public_key(), SignatureAlgorithm::ed25519, as_bytes("m"),
                          signature, context()));
}

TEST_CASE("a key that is refused for its size or parameters verifies nothing, at once") {
  Bytes giant(128UL * 1024, 0xff);  // a modulus of a million bits
  const PublicKey key = PublicKey::from_spki(test::rsa_spki(giant, giant));
  CHECK(!verify_signature(key, SignatureAlgorithm::rsa_sha256, as_bytes("m"), giant, context()));

  const Bytes infinity{0};
  const PublicKey at_infinity =
      PublicKey::from_spki(test::ec_spki("1.2.840.10045.3.1.7", infinity));
  CHECK(!verify_signature(at_infinity, SignatureAlgorithm::ecdsa_sha256, as_bytes("m"),
                          from_hex("3006020101020101").value(), context()));
}

TEST_CASE("checks with a private library context, and with one key on several threads") {
  const auto own = ossl::Context::make_private(ossl::Configuration::none);
  const PrivateKey& pair = test::keys().at(1);
  const Bytes signature = pair.sign(SignatureAlgorithm::ecdsa_sha256, as_bytes("m"));
  const PublicKey fresh = PublicKey::from_spki(pair.public_key().spki());
  CHECK(verify_signature(fresh, SignatureAlgorithm::ecdsa_sha256, as_bytes("m"), signature, own));

  std::array<bool, 4> good{};
  std::vector<std::thread> threads;
  threads.reserve(good.size());
  for (bool& slot : good) {
    threads.emplace_back([&] {
      bool all = true;
      for (int i = 0; i < 50; ++i) {
        all = all && verify_signature(fresh, SignatureAlgorithm::ecdsa_sha256, as_bytes("m"),
                                      signature, context());
      }
      slot = all;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool one : good) CHECK(one);
}

}  // namespace
}  // namespace mtls::crypto
