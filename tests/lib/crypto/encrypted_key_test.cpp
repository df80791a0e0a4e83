// What stands in a key that is written with a passphrase, and who reads it. Slow by design: each
// key costs 600,000 rounds.
#include "crypto/private_key.hpp"
#include "der/pem.hpp"
#include "der/reader.hpp"
#include "fixtures.hpp"
#include "rsa_conditions.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

namespace mtls::crypto {
namespace {

using test::code_of;
using test::context;
using test::read_key;

constexpr std::string_view k_words = "correct horse";

/// The one block of a PEM text.
der::PemBlock block_of(const SecretBytes& pem) {
  auto blocks = der::read_pem(pem.view());
  REQUIRE(blocks.size() == 1);
  return std::move(blocks[0]);
}

TEST_CASE("openssl, GnuTLS and we ourselves read what is written with a passphrase") {
  const test::TemporaryDirectory directory;
  const std::string secret = directory.write("passphrase", k_words);
  for (const PrivateKey& key : test::keys()) {
    CAPTURE(key.public_key().description());
    const SecretBytes pem = key.to_pkcs8_pem(as_bytes(k_words));
    CHECK(is_encrypted_key(pem.view()));
    CHECK(as_text(pem.view()).find("BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos);
    const std::string path = directory.write("key", as_text(pem.view()));
    CHECK(test::openssl_public(path, {"-passin", "file:" + secret}) == key.public_key());
    CHECK(test::gnutls_public(path, {"--password", std::string(k_words)}) == key.public_key());
    const PrivateKey again = read_key(pem.view(), test::passphrase(std::string(k_words)));
    CHECK(equal(again.to_pkcs8_pem().view(), key.to_pkcs8_pem().view()));
    CHECK(code_of([&] {
            static_cast<void>(read_key(pem.view(), test::passphrase("correct horsf")));
          }) == Errc::wrong_passphrase);
  }
}

TEST_CASE("reads what GnuTLS encrypts, with every cipher and with an empty passphrase") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("key");
  test::must_run(
      {"certtool", "--generate-privkey", "--key-type", "rsa", "--bits", "2048", "--outfile", path});
  const PublicKey public_key = test::openssl_public(path);
  const auto encrypted = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"certtool", "--to-p8", "--load-privkey", path});
    const std::string text = test::must_run(std::move(options));
    CHECK(is_encrypted_key(as_bytes(text)));
    return text;
  };
  for (const char* const cipher : {"aes-128", "aes-192", "aes-256", "3des"}) {
    CAPTURE(std::string(cipher));
    const std::string text =
        encrypted({"--password", std::string(k_words), "--pkcs-cipher", cipher});
    CHECK(read_key(text, test::passphrase(std::string(k_words))).public_key() == public_key);
  }
  CHECK(read_key(encrypted({"--empty-password"}), test::passphrase("")).public_key() == public_key);
}

TEST_CASE("encrypts with PBES2, AES-256-CBC and 600,000 rounds of PBKDF2-HMAC-SHA256") {
  const PrivateKey& key = test::keys().at(1);
  std::set<Bytes> salts;
  std::set<Bytes> ivs;
  for (int i = 0; i < 3; ++i) {
    const der::PemBlock block = block_of(key.to_pkcs8_pem(as_bytes(k_words)));
    CHECK(block.label == "ENCRYPTED PRIVATE KEY");
    der::Reader file(block.der.view(), "file");
    der::Reader info = file.into(der::tag::sequence);
    file.end();
    der::Reader algorithm = info.into(der::tag::sequence);
    CHECK(info.octet_string().size() % 16 == 0);
    info.end();
    CHECK(algorithm.oid().to_dotted() == "1.2.840.113549.1.5.13");
    der::Reader scheme = algorithm.into(der::tag::sequence);
    algorithm.end();
    der::Reader derivation = scheme.into(der::tag::sequence);
    der::Reader encryption = scheme.into(der::tag::sequence);
    scheme.end();
    CHECK(derivation.oid().to_dotted() == "1.2.840.113549.1.5.12");
    der::Reader pbkdf2 = derivation.into(der::tag::sequence);
    const ByteView salt = pbkdf2.octet_string();
    CHECK(salt.size() == 16);
    salts.insert(to_bytes(salt));
    CHECK(pbkdf2.small_integer() == 600'000);
    CHECK(pbkdf2.into(der::tag::sequence).oid().to_dotted() == "1.2.840.113549.2.9");
    pbkdf2.end();
    CHECK(encryption.oid().to_dotted() == "2.16.840.1.101.3.4.1.42");
    const ByteView iv = encryption.octet_string();
    CHECK(iv.size() == 16);
    ivs.insert(to_bytes(iv));
  }
  CHECK(salts.size() == 3);
  CHECK(ivs.size() == 3);
}

TEST_CASE("takes passphrases of 1 to 1,023 octets, of any octets") {
  const PrivateKey& key = test::keys().at(4);
  CHECK(code_of([&] { static_cast<void>(key.to_pkcs8_pem(ByteView{})); }) == Errc::usage);
  CHECK(code_of([&] { static_cast<void>(key.to_pkcs8_pem(Bytes(1024, 'x'))); }) == Errc::usage);
  for (const std::string& text : {std::string(1, 'x'), std::string(1023, 'x'),
                                  std::string("\xc3\xa4\x01\xff nothing is text", 20)}) {
    const SecretBytes pem = key.to_pkcs8_pem(as_bytes(text));
    CHECK(read_key(pem.view(), test::passphrase(text)).public_key() == key.public_key());
  }
}

TEST_CASE("keeps FIPS 186-5's conditions over many RSA keys and sizes") {
  for (int i = 0; i < 8; ++i) {
    test::check_rsa_conditions(
        PrivateKey::generate(KeySpec::rsa(2048), Keygen::standard, context()));
  }
  for (const unsigned bits : {2056U, 2064U, 3072U, 4096U}) {
    test::check_rsa_conditions(
        PrivateKey::generate(KeySpec::rsa(bits), Keygen::standard, context()));
  }
}

}  // namespace
}  // namespace mtls::crypto
