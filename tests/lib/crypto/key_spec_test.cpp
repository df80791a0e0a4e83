#include "crypto/key_spec.hpp"

#include <doctest/doctest.h>

namespace mtls::crypto {
namespace {

TEST_CASE("reads every kind of key and writes it back") {
  for (const char* const text : {"rsa:2048", "rsa:2056", "rsa:3072", "rsa:4096", "rsa:8192",
                                 "ec:p256", "ec:p384", "ec:p521", "ed25519"}) {
    const auto spec = KeySpec::parse(text);
    REQUIRE_MESSAGE(spec, text);
    CHECK(spec->to_text() == text);
  }
}

TEST_CASE("knows type, size and curve of a kind") {
  CHECK(KeySpec::parse("rsa:4096") == KeySpec::rsa(4096));
  CHECK(KeySpec::parse("ec:p384") == KeySpec::ec(Curve::p384));
  CHECK(KeySpec::parse("ed25519") == KeySpec::ed25519());
  CHECK(KeySpec::rsa(2048) != KeySpec::rsa(3072));

  CHECK(KeySpec::rsa(2048).type() == KeyType::rsa);
  CHECK(KeySpec::rsa(2048).bits() == 2048);
  CHECK(!KeySpec::rsa(2048).curve());
  CHECK(KeySpec::ec(Curve::p521).bits() == 521);
  CHECK(KeySpec::ec(Curve::p521).curve() == Curve::p521);
  CHECK(KeySpec::ed25519().bits() == 256);
}

TEST_CASE("refuses what is no kind of key") {
  for (const char* const text : {"",          "rsa",
                                 "rsa:",      "rsa:1024",
                                 "rsa:2047",  "rsa:2050",
                                 "rsa:8200",  "rsa:16384",
                                 "rsa:02048", "rsa:+2048",
                                 "rsa: 2048", "rsa:2048 ",
                                 "rsa:0x800", "rsa:99999999999999999999",
                                 "RSA:2048",  "ec",
                                 "ec:",       "ec:p224",
                                 "ec:P256",   "ec:secp256k1",
                                 "ed25519:",  "ed448",
                                 "dsa"}) {
    CHECK_MESSAGE(!KeySpec::parse(text), text);
  }
}

}  // namespace
}  // namespace mtls::crypto
