#include "crypto/signature_algorithm.hpp"

#include "base/bytes.hpp"
#include "der/writer.hpp"

#include <doctest/doctest.h>

#include <array>

namespace mtls::crypto {
namespace {

struct Row {
  SignatureAlgorithm algorithm;
  const char* oid;
  const char* name;
  KeyType type;
  Digest digest;
};

constexpr std::array k_rows{
    Row{SignatureAlgorithm::rsa_sha256, "1.2.840.113549.1.1.11", "sha256WithRSAEncryption",
        KeyType::rsa, Digest::sha256},
    Row{SignatureAlgorithm::rsa_sha384, "1.2.840.113549.1.1.12", "sha384WithRSAEncryption",
        KeyType::rsa, Digest::sha384},
    Row{SignatureAlgorithm::rsa_sha512, "1.2.840.113549.1.1.13", "sha512WithRSAEncryption",
        KeyType::rsa, Digest::sha512},
    Row{SignatureAlgorithm::ecdsa_sha256, "1.2.840.10045.4.3.2", "ecdsa-with-SHA256", KeyType::ec,
        Digest::sha256},
    Row{SignatureAlgorithm::ecdsa_sha384, "1.2.840.10045.4.3.3", "ecdsa-with-SHA384", KeyType::ec,
        Digest::sha384},
    Row{SignatureAlgorithm::ecdsa_sha512, "1.2.840.10045.4.3.4", "ecdsa-with-SHA512", KeyType::ec,
        Digest::sha512},
    Row{SignatureAlgorithm::ed25519, "1.3.101.112", "Ed25519", KeyType::ed25519, Digest::sha256},
};

enum class Parameters { none, null };

Bytes identifier(const char* oid, Parameters parameters) {
  der::Writer writer;
  writer.sequence([&](der::Writer& algorithm) {
    algorithm.oid(der::oid(oid));
    if (parameters == Parameters::null) algorithm.null();
  });
  return std::move(writer).take();
}

TEST_CASE("has the identifiers of RFC 4055, RFC 5758 and RFC 8410") {
  for (const Row& row : k_rows) {
    CAPTURE(row.name);
    const bool rsa = row.type == KeyType::rsa;
    const Bytes expected = identifier(row.oid, rsa ? Parameters::null : Parameters::none);
    CHECK(to_hex(algorithm_identifier(row.algorithm)) == to_hex(expected));
    CHECK(find_signature_algorithm(expected) == row.algorithm);
    CHECK(name(row.algorithm) == row.name);
    CHECK(signature_algorithm(row.type, row.digest) == row.algorithm);
  }
}

TEST_CASE("reads RSA also without parameters, and no other with them") {
  for (const Row& row : k_rows) {
    CAPTURE(row.name);
    const bool rsa = row.type == KeyType::rsa;
    const auto found =
        find_signature_algorithm(identifier(row.oid, rsa ? Parameters::none : Parameters::null));
    CHECK(found.has_value() == rsa);
    if (rsa) CHECK(found == row.algorithm);
  }
}

TEST_CASE("finds no algorithm in SHA-1, MD5, PSS, truncated and prolonged identifiers") {
  for (const char* const oid : {"1.2.840.113549.1.1.5", "1.2.840.113549.1.1.4",
                                "1.2.840.113549.1.1.10", "1.2.840.10045.4.1", "1.3.101.113"}) {
    CHECK_MESSAGE(!find_signature_algorithm(identifier(oid, Parameters::null)), oid);
    CHECK_MESSAGE(!find_signature_algorithm(identifier(oid, Parameters::none)), oid);
  }
  CHECK(!find_signature_algorithm({}));
  for (const Row& row : k_rows) {
    const ByteView whole = algorithm_identifier(row.algorithm);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CHECK(!find_signature_algorithm(whole.first(size)));
    }
    Bytes longer = to_bytes(whole);
    longer.push_back(0);
    CHECK(!find_signature_algorithm(longer));
    for (std::size_t at = 0; at < whole.size(); ++at) {
      Bytes changed = to_bytes(whole);
      changed[at] ^= 0x40U;
      CHECK(!find_signature_algorithm(changed));
    }
  }
}

TEST_CASE("chooses the digest that fits a key") {
  CHECK(default_digest(KeySpec::rsa(4096)) == Digest::sha256);
  CHECK(default_digest(KeySpec::ec(Curve::p256)) == Digest::sha256);
  CHECK(default_digest(KeySpec::ec(Curve::p384)) == Digest::sha384);
  CHECK(default_digest(KeySpec::ec(Curve::p521)) == Digest::sha512);
  CHECK(default_digest(KeySpec::ed25519()) == Digest::sha256);
  CHECK(signature_algorithm(KeyType::ed25519, Digest::sha512) == SignatureAlgorithm::ed25519);
}

TEST_CASE("reads the digests by name, and no others") {
  for (const Digest digest : {Digest::sha256, Digest::sha384, Digest::sha512}) {
    CHECK(parse_digest(name(digest)) == digest);
  }
  for (const char* const text : {"", "sha1", "md5", "SHA256", "sha-256", "sha256 "}) {
    CHECK_MESSAGE(!parse_digest(text), text);
  }
}

}  // namespace
}  // namespace mtls::crypto
