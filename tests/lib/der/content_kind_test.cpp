// What a file is said to be. openssl and real files are the judges in
// tests/cli/input_kinds_test.py.
#include "der/content_kind.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mtls;
using namespace mtls::der;

namespace {

ContentKind kind_of_hex(std::string_view hex) { return content_kind(from_hex(hex).value()); }

// AlgorithmIdentifier, Name and times in their shortest forms.
const std::string k_algorithm = "3003060100";
const std::string k_name = "3000";
const std::string k_time = "1700";

}  // namespace

TEST_CASE("tells what is signed by its first members, cut short as well") {
  CHECK(kind_of_hex("3080a003020102") == ContentKind::other);
  CHECK(kind_of_hex("30823007a003020102020101") == ContentKind::other);
  CHECK(kind_of_hex("3082010030820100a003020102020101") == ContentKind::certificate);
  CHECK(kind_of_hex("30203020020101" + k_algorithm + k_name + "3000") == ContentKind::certificate);
  CHECK(kind_of_hex("30203020020101" + k_algorithm + k_name + k_time) ==
        ContentKind::certificate_list);
  CHECK(kind_of_hex("30203020" + k_algorithm + k_name + k_time) == ContentKind::certificate_list);
  CHECK(kind_of_hex("30203020020100" + k_name + "3000") == ContentKind::request);
}

TEST_CASE("tells keys, PKCS #7 and PKCS #12 apart, in DER and in BER") {
  const std::string pkcs7 = "06092a864886f70d010702";
  CHECK(kind_of_hex("30"
                    "10" +
                    pkcs7) == ContentKind::pkcs7);
  CHECK(kind_of_hex("3080" + pkcs7) == ContentKind::pkcs7);
  CHECK(kind_of_hex("30800201033080" + pkcs7) == ContentKind::pkcs12);
  CHECK(kind_of_hex("30200201033010" + pkcs7) == ContentKind::pkcs12);
  CHECK(kind_of_hex("3010020100" + k_algorithm + "0400") == ContentKind::private_key);
  CHECK(kind_of_hex("3010" + k_algorithm + "0400") == ContentKind::encrypted_private_key);
  CHECK(kind_of_hex("3010" + k_algorithm + "0300") == ContentKind::public_key);
  CHECK(kind_of_hex("feedfeed00000002") == ContentKind::java_keystore);
}

TEST_CASE("nothing is made of what is too short, or of text") {
  for (const std::string_view text : {"", "0", "00", "hello", "MIIB"}) {
    CHECK(content_kind(as_bytes(text)) == ContentKind::other);
  }
  CHECK(content_kind(as_bytes("MIIB" + std::string(80, 'A') + "\r\n")) == ContentKind::base64);
  CHECK(content_kind(as_bytes("MIIB" + std::string(80, 'A') + " text")) == ContentKind::other);
}

TEST_CASE("openssl needs -legacy for PKCS #12 with RC2 or RC4, and not for 3DES") {
  const auto command = [](std::string_view scheme) {
    return unpack_pkcs12(from_hex("3000060a2a864886f70d010c01" + std::string(scheme)).value(),
                         Wanted::certificate);
  };
  for (const char* scheme : {"01", "02", "05", "06"}) {
    CHECK(command(scheme).find(" -legacy") != std::string::npos);
  }
  CHECK(command("03").find(" -legacy") == std::string::npos);
  CHECK(command("").find(" -legacy") == std::string::npos);
}
