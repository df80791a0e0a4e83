// Private keys that are not read, each for its own reason.
#include "cpu_time.hpp"
#include "crypto/private_key.hpp"
#include "der/pem.hpp"
#include "der/writer.hpp"
#include "fixtures.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

namespace mtls::crypto {
namespace {

using der::Writer;
using test::code_of;
using test::context;
using test::must_run;
using test::read_key;
using test::TemporaryDirectory;

std::optional<Errc> reading(ByteView text, const PassphraseSource& source = test::no_passphrase()) {
  return code_of([&] { static_cast<void>(read_key(text, source)); });
}

std::optional<Errc> reading(std::string_view text,
                            const PassphraseSource& source = test::no_passphrase()) {
  return reading(as_bytes(text), source);
}

/// The DER of a key of test::keys().
Bytes pkcs8_of(std::size_t index) {
  return to_bytes(der::read_pem(test::keys().at(index).to_pkcs8_pem().view()).at(0).der.view());
}

/// The octets inside PKCS#8's OCTET STRING.
Bytes inner_of(std::size_t index) {
  const Bytes der = pkcs8_of(index);
  der::Reader file(der, "key");
  der::Reader info = file.into(der::tag::sequence);
  info.small_integer();
  info.any();
  return to_bytes(info.octet_string());
}

Bytes make_pkcs8(std::string_view oid, ByteView parameters, ByteView inner,
                 std::uint64_t version = 0) {
  Writer writer;
  writer.sequence([&](Writer& info) {
    info.integer(version).sequence(
        [&](Writer& algorithm) { algorithm.oid(der::oid(oid)).raw(parameters); });
    info.octet_string(inner);
  });
  return std::move(writer).take();
}

Bytes encoded_null() { return {0x05, 0x00}; }

Bytes encoded_oid(std::string_view dotted) {
  Writer writer;
  writer.oid(der::oid(dotted));
  return std::move(writer).take();
}

constexpr const char* k_rsa = "1.2.840.113549.1.1.1";
constexpr const char* k_ec = "1.2.840.10045.2.1";
constexpr const char* k_p256 = "1.2.840.10045.3.1.7";
constexpr const char* k_ed25519 = "1.3.101.112";

/// The eight numbers of the RSA key, each with its sign octet.
std::vector<Bytes> rsa_numbers() {
  const Bytes inner = inner_of(0);
  der::Reader outer(inner, "key");
  der::Reader fields = outer.into(der::tag::sequence);
  fields.small_integer();
  std::vector<Bytes> numbers;
  while (!fields.at_end()) numbers.push_back(to_bytes(fields.integer()));
  return numbers;
}

Bytes make_pkcs1(const std::vector<Bytes>& numbers, std::uint64_t version = 0) {
  Writer writer;
  writer.sequence([&](Writer& fields) {
    fields.integer(version);
    for (const Bytes& number : numbers) fields.unsigned_integer(number);
  });
  return std::move(writer).take();
}

TEST_CASE("a file without a private key is malformed") {
  const std::string certificate = der::to_pem("CERTIFICATE", Bytes{0x30, 0x00});
  CHECK(reading(certificate) == Errc::malformed);
  CHECK(reading("") == Errc::malformed);
  CHECK(reading("hello") == Errc::malformed);
  CHECK(reading(der::to_pem("PUBLIC KEY", test::keys().at(1).public_key().spki())) ==
        Errc::malformed);
  CHECK(reading(test::keys().at(1).public_key().spki()) == Errc::malformed);
  CHECK(reading(Bytes{0x30, 0x00}) == Errc::malformed);
  CHECK(reading(Bytes{0x30, 0x03, 0x02, 0x01, 0x00}) == Errc::malformed);
  CHECK(!is_encrypted_key(as_bytes(certificate)));
  CHECK(!is_encrypted_key({}));
  CHECK(!is_encrypted_key(as_bytes("-----BEGIN ENCRYPTED PRIVATE KEY-----\nbroken")));
}

TEST_CASE("two private keys in a file are refused, even the same one twice") {
  const std::string one(as_text(test::keys().at(1).to_pkcs8_pem().view()));
  const std::string other(as_text(test::keys().at(4).to_pkcs8_pem().view()));
  CHECK(reading(one) == std::nullopt);
  CHECK(reading(one + other) == Errc::several_keys);
  CHECK(reading(one + one) == Errc::several_keys);
}

TEST_CASE("names the file and never the key in an error") {
  const auto error = test::thrown_by([] {
    static_cast<void>(
        PrivateKey::from_file(as_bytes("no key"), "ca/ca.key", {}, LegacyKeys::refuse, context()));
  });
  REQUIRE(error);
  CHECK(error->message().rfind("cannot read ca/ca.key: ", 0) == 0);
}

TEST_CASE("keys of other algorithms and curves are refused, other forms are unsupported") {
  const TemporaryDirectory directory;
  const auto made = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    arguments.insert(arguments.end(), {"-out", directory.file("key")});
    must_run(arguments);
    return reading(directory.read("key"));
  };
  CHECK(made({"genpkey", "-algorithm", "X25519"}) == Errc::weak_key);
  CHECK(made({"genpkey", "-algorithm", "ED448"}) == Errc::weak_key);
  CHECK(made({"genpkey", "-algorithm", "RSA-PSS"}) == Errc::weak_key);
  CHECK(made({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"}) ==
        Errc::weak_key);
  CHECK(made({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"}) ==
        Errc::weak_key);
  CHECK(made({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt",
              "ec_param_enc:explicit"}) == Errc::weak_key);
  CHECK(made({"ecparam", "-genkey", "-name", "prime256v1", "-param_enc", "explicit"}) ==
        Errc::weak_key);
  must_run(
      {"openssl", "genrsa", "-traditional", "-primes", "3", "-out", directory.file("key"), "2048"});
  CHECK(reading(directory.read("key")) == Errc::weak_key);
  CHECK(reading(der::to_pem("DSA PRIVATE KEY", Bytes{0x30, 0x00})) == Errc::weak_key);
  CHECK(reading(der::to_pem("OPENSSH PRIVATE KEY", as_bytes("openssh-key-v1"))) ==
        Errc::unsupported);
}

TEST_CASE("every number of an RSA key must fit the others") {
  const std::vector<Bytes> good = rsa_numbers();
  REQUIRE(good.size() == 8);
  CHECK(reading(make_pkcs1(good)) == std::nullopt);
  const std::vector<Bytes> other = [] {
    const auto key = PrivateKey::generate(KeySpec::rsa(2048), Keygen::standard, context());
    const auto blocks = der::read_pem(key.to_pkcs8_pem().view());
    der::Reader file(blocks.at(0).der.view(), "key");
    der::Reader info = file.into(der::tag::sequence);
    info.small_integer();
    info.any();
    der::Reader inner(info.octet_string(), "key");
    der::Reader fields = inner.into(der::tag::sequence);
    fields.small_integer();
    std::vector<Bytes> numbers;
    while (!fields.at_end()) numbers.push_back(to_bytes(fields.integer()));
    return numbers;
  }();
  for (std::size_t i = 0; i < good.size(); ++i) {
    CAPTURE(i);
    std::vector<Bytes> mixed = good;
    mixed[i] = other[i];
    // Both have the exponent 65537.
    CHECK(reading(make_pkcs1(mixed)) ==
          (i == 1 ? std::nullopt : std::optional<Errc>(Errc::key_mismatch)));
    mixed[i] = good[i];
    mixed[i].back() ^= 2U;
    const auto code = reading(make_pkcs1(mixed));
    CHECK(code == Errc::key_mismatch);
    mixed[i] = Bytes{0};
    CHECK(reading(make_pkcs1(mixed)) == Errc::malformed);
    mixed[i] = Bytes{1};
    CHECK(reading(make_pkcs1(mixed)).has_value());
    mixed[i] = good[i];
    mixed[i].insert(mixed[i].begin() + 1, 200, std::uint8_t{0x7f});
    CHECK(reading(make_pkcs1(mixed)).has_value());
  }
  // The primes and what follows from them, swapped as a whole, are the same key once more; swapped
  // without their exponents they are not.
  std::vector<Bytes> swapped = good;
  std::swap(swapped[3], swapped[4]);
  CHECK(reading(make_pkcs1(swapped)) == Errc::key_mismatch);
  std::vector<Bytes> fewer(good.begin(), good.end() - 1);
  CHECK(reading(make_pkcs1(fewer)) == Errc::malformed);
  CHECK(reading(make_pkcs1(good, 2)) == Errc::malformed);
  CHECK(reading(make_pkcs1(good, 1)) == Errc::weak_key);
}

TEST_CASE("an RSA key that nothing should compute with is refused by its size, at once") {
  std::vector<Bytes> numbers(8, Bytes(8192, 0x7f));
  const Bytes giant = make_pkcs1(numbers);
  CHECK(test::cpu_time_of([&] { CHECK(reading(giant) == Errc::weak_key); }) <
        std::chrono::milliseconds(100));
  numbers = rsa_numbers();
  numbers[0].back() ^= 1U;
  CHECK(reading(make_pkcs1(numbers)) == Errc::weak_key);  // even
  numbers = rsa_numbers();
  numbers[1] = Bytes(64, 0x7f);
  CHECK(reading(make_pkcs1(numbers)) == Errc::weak_key);  // a giant exponent
  numbers[1] = Bytes{1, 0, 0};
  CHECK(reading(make_pkcs1(numbers)) == Errc::weak_key);  // an even one
  numbers = rsa_numbers();
  numbers[0].resize(40);
  numbers[0].back() |= 1U;
  CHECK(reading(make_pkcs1(numbers)) == Errc::weak_key);  // 312 bits
}

TEST_CASE("a weak RSA key can be read, to be looked at") {
  const TemporaryDirectory directory;
  must_run({"openssl", "genrsa", "-out", directory.file("key"), "1024"});
  CHECK(read_key(directory.read("key")).public_key().spec() == KeySpec::rsa(1024));
}

TEST_CASE("an EC key's scalar, curve and point must fit") {
  const Bytes good = inner_of(1);
  der::Reader outer(good, "key");
  der::Reader fields = outer.into(der::tag::sequence);
  fields.small_integer();
  const Bytes scalar = to_bytes(fields.octet_string());
  const auto make = [&](ByteView d, ByteView point, std::uint64_t version = 1) {
    Writer writer;
    writer.sequence([&](Writer& key) {
      key.integer(version).octet_string(d);
      if (!point.empty()) {
        key.constructed(der::tag::context_constructed(1),
                        [&](Writer& inner) { inner.bit_string(point); });
      }
    });
    return reading(make_pkcs8(k_ec, encoded_oid(k_p256), writer.view()));
  };
  const ByteView point = test::keys().at(1).public_key().key_bits();
  CHECK(make(scalar, point) == std::nullopt);
  CHECK(make(scalar, {}) == std::nullopt);
  CHECK(make(scalar, point, 0) == Errc::malformed);
  CHECK(make(scalar, point, 2) == Errc::malformed);

  Bytes other = to_bytes(point);
  other.back() ^= 1U;
  CHECK(make(scalar, other) == Errc::key_mismatch);
  CHECK(make(scalar, test::keys().at(2).public_key().key_bits()) == Errc::key_mismatch);
  CHECK(make(scalar, Bytes{0}) == Errc::key_mismatch);

  CHECK(make(Bytes(32, 0), {}) == Errc::malformed);
  CHECK(make(Bytes{}, {}) == Errc::malformed);
  CHECK(make(Bytes(33, 1), {}) == Errc::malformed);
  // The order of P-256 itself, and one less: the greatest scalar there is.
  Bytes order =
      from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").value();
  CHECK(make(order, {}) == Errc::malformed);
  order.back() -= 1;
  CHECK(make(order, {}) == std::nullopt);
  // The sign octet that GnuTLS writes, but no second one, and nothing else.
  Bytes signed_order = order;
  signed_order.insert(signed_order.begin(), std::uint8_t{0});
  CHECK(make(signed_order, {}) == std::nullopt);
  signed_order.insert(signed_order.begin(), std::uint8_t{0});
  CHECK(make(signed_order, {}) == Errc::malformed);
  // 1 without its leading zeros, as some programs write it: the generator.
  CHECK(make(Bytes{1}, {}) == std::nullopt);

  // Two curves that differ, and a SEC 1 key that names none.
  Writer sec1;
  sec1.sequence([&](Writer& key) {
    key.integer(1).octet_string(scalar).constructed(
        der::tag::context_constructed(0),
        [](Writer& inner) { inner.oid(der::oid("1.3.132.0.34")); });
  });
  CHECK(reading(make_pkcs8(k_ec, encoded_oid(k_p256), sec1.view())) == Errc::malformed);
  CHECK(reading(good) == Errc::malformed);
  CHECK(reading(make_pkcs8(k_ec, encoded_null(), good)) == Errc::malformed);
}

TEST_CASE("PKCS#8 must be what RFC 5958 and RFC 8410 say") {
  const Bytes seed = inner_of(4);
  CHECK(reading(make_pkcs8(k_ed25519, {}, seed)) == std::nullopt);
  CHECK(reading(make_pkcs8(k_ed25519, encoded_null(), seed)) == Errc::malformed);
  CHECK(reading(make_pkcs8(k_ed25519, {}, ByteView(seed).subspan(2))) == Errc::malformed);
  CHECK(reading(make_pkcs8(k_ed25519, {}, Bytes(34, 4))) == Errc::malformed);
  CHECK(reading(make_pkcs8(k_ed25519, {}, seed, 2)) == Errc::unsupported);
  CHECK(reading(make_pkcs8(k_rsa, {}, inner_of(0))) == Errc::malformed);
  CHECK(reading(make_pkcs8(k_rsa, encoded_null(), inner_of(1))) == Errc::malformed);

  // Version 1 with a public key that is another's.
  const auto with_public = [&](ByteView point, std::uint64_t version) {
    Writer writer;
    writer.sequence([&](Writer& info) {
      info.integer(version).sequence([](Writer& algorithm) { algorithm.oid(der::oid(k_ed25519)); });
      Bytes bits{0};
      bits.insert(bits.end(), point.begin(), point.end());
      info.octet_string(seed).element(der::tag::context(1), bits);
    });
    return reading(writer.view());
  };
  const Bytes point = to_bytes(test::keys().at(4).public_key().key_bits());
  CHECK(with_public(point, 1) == std::nullopt);
  CHECK(with_public(point, 0) == Errc::malformed);
  Bytes other = point;
  other[0] ^= 1U;
  CHECK(with_public(other, 1) == Errc::key_mismatch);
  CHECK(with_public({}, 1) == Errc::key_mismatch);
}

TEST_CASE("every truncation of a key is malformed") {
  for (const std::size_t index : {0U, 1U, 4U}) {
    const Bytes der = pkcs8_of(index);
    for (std::size_t size = 0; size < der.size(); ++size) {
      CHECK(reading(ByteView(der).first(size)) == Errc::malformed);
    }
    const SecretBytes pem = test::keys().at(index).to_pkcs8_pem();
    for (std::size_t size = 0; size + 1 < pem.size(); ++size) {
      CHECK(reading(pem.view().first(size)) == Errc::malformed);
    }
  }
}

TEST_CASE("a key with a flipped bit is the same key, or none") {
  std::mt19937 random(20'240'229);  // seeded: the same flips on each run
  for (const std::size_t index : {0U, 1U}) {
    const Bytes good = pkcs8_of(index);
    for (int i = 0; i < 1000; ++i) {
      Bytes changed = good;
      const std::size_t bit = random() % (changed.size() * 8);
      changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      bool same = false;
      const auto code = code_of(
          [&] { same = read_key(changed).public_key() == test::keys().at(index).public_key(); });
      CAPTURE(bit);
      if (code) {
        const bool expected = code == Errc::malformed || code == Errc::unsupported ||
                              code == Errc::key_mismatch || code == Errc::weak_key;
        CHECK_MESSAGE(expected, name(*code));
      } else {
        CHECK(same);
      }
    }
  }
}

}  // namespace
}  // namespace mtls::crypto
