// The private keys that other programs write.
#include "crypto/private_key.hpp"
#include "fixtures.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mtls::crypto {
namespace {

using test::code_of;
using test::context;
using test::must_run;
using test::read_key;
using test::TemporaryDirectory;

constexpr const char* k_words = "correct horse";

bool signs_for(const PrivateKey& key, const PublicKey& public_key) {
  const auto algorithm =
      signature_algorithm(public_key.spec()->type(), default_digest(public_key.spec().value()));
  const Bytes signature = key.sign(algorithm, as_bytes("message"));
  return key.public_key() == public_key &&
         verify_signature(public_key, algorithm, as_bytes("message"), signature, context());
}

/// A directory with a key of openssl's, and what openssl says its public half is.
struct Made {
  explicit Made(std::vector<std::string> arguments) {
    for (std::string& argument : arguments) {
      if (argument == "OUT") argument = directory.file("key");
    }
    must_run(arguments);
    public_key = test::openssl_public(directory.file("key"));
  }

  /// What a further command makes of the key: IN and OUT stand for files.
  [[nodiscard]] std::string converted(std::vector<std::string> arguments) const {
    for (std::string& argument : arguments) {
      if (argument == "IN") argument = directory.file("key");
      if (argument == "OUT") argument = directory.file("converted");
    }
    must_run(arguments);
    return directory.read("converted");
  }

  TemporaryDirectory directory;
  std::optional<PublicKey> public_key;
};

const Made& rsa() {
  static const Made made({"openssl", "genrsa", "-out", "OUT", "2048"});
  return made;
}

const Made& ec() {
  static const Made made({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                          "ec_paramgen_curve:P-256", "-out", "OUT"});
  return made;
}

TEST_CASE("reads what openssl genpkey writes, PEM and DER") {
  for (const std::vector<std::string>& kind : std::vector<std::vector<std::string>>{
           {"-algorithm", "RSA"},
           {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
           {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"},
           {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"},
           {"-algorithm", "ED25519"}}) {
    std::vector<std::string> arguments{"openssl", "genpkey", "-out", "OUT"};
    arguments.insert(arguments.end(), kind.begin(), kind.end());
    const Made made(arguments);
    CAPTURE(made.public_key->description());
    CHECK(signs_for(read_key(made.directory.read("key")), *made.public_key));
    const std::string der =
        made.converted({"openssl", "pkey", "-in", "IN", "-outform", "DER", "-out", "OUT"});
    CHECK(signs_for(read_key(der), *made.public_key));
    CHECK(!is_encrypted_key(as_bytes(der)));
  }
}

TEST_CASE("reads PKCS#1 and SEC 1, PEM and DER") {
  for (const char* const form : {"PEM", "DER"}) {
    const std::string pkcs1 = rsa().converted(
        {"openssl", "rsa", "-in", "IN", "-traditional", "-outform", form, "-out", "OUT"});
    CHECK(signs_for(read_key(pkcs1), *rsa().public_key));
    const std::string sec1 =
        ec().converted({"openssl", "ec", "-in", "IN", "-outform", form, "-out", "OUT"});
    CHECK(signs_for(read_key(sec1), *ec().public_key));
    const std::string without_public = ec().converted(
        {"openssl", "ec", "-in", "IN", "-no_public", "-outform", form, "-out", "OUT"});
    CHECK(without_public.size() < sec1.size());
    CHECK(signs_for(read_key(without_public), *ec().public_key));
  }
  CHECK(rsa()
            .converted({"openssl", "rsa", "-in", "IN", "-traditional", "-out", "OUT"})
            .find("BEGIN RSA PRIVATE KEY") != std::string::npos);
}

TEST_CASE("reads ecparam -genkey, its EC PARAMETERS beside the key, and a compressed point") {
  const Made made({"openssl", "ecparam", "-genkey", "-name", "secp384r1", "-out", "OUT"});
  const std::string text = made.directory.read("key");
  REQUIRE(text.find("BEGIN EC PARAMETERS") != std::string::npos);
  CHECK(signs_for(read_key(text), *made.public_key));
  const std::string compressed =
      made.converted({"openssl", "ec", "-in", "IN", "-conv_form", "compressed", "-out", "OUT"});
  CHECK(signs_for(read_key(compressed), *made.public_key));
}

TEST_CASE("reads a key between other blocks, with CRLF, a byte order mark and text around") {
  const std::string key = ec().directory.read("key");
  const std::string certificate =
      must_run({"openssl", "req", "-new", "-x509", "-key", ec().directory.file("key"), "-subj",
                "/CN=beside", "-days", "1"});
  CHECK(signs_for(read_key(certificate + key + certificate), *ec().public_key));
  CHECK(signs_for(read_key("Bag Attributes\n  friendlyName: me\n" + key), *ec().public_key));
  CHECK(signs_for(read_key("\xef\xbb\xbf" + key), *ec().public_key));
  std::string crlf;
  for (const char c : key) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(signs_for(read_key(crlf), *ec().public_key));
}

TEST_CASE("reads every PBES2 that openssl writes") {
  std::vector<std::vector<std::string>> schemes{{"-scrypt"}, {"-v2", "aes-256-cbc", "-iter", "1"}};
  for (const char* const cipher : {"aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des3"}) {
    schemes.push_back({"-v2", cipher});
  }
  for (const char* const digest : {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"}) {
    schemes.push_back({"-v2", "aes-256-cbc", "-v2prf", std::string("hmacWith") + digest});
  }
  for (const char* const form : {"PEM", "DER"}) {
    for (const std::vector<std::string>& scheme : schemes) {
      std::vector<std::string> arguments{"openssl",
                                         "pkcs8",
                                         "-topk8",
                                         "-in",
                                         "IN",
                                         "-out",
                                         "OUT",
                                         "-outform",
                                         form,
                                         "-passout",
                                         std::string("pass:") + k_words};
      arguments.insert(arguments.end(), scheme.begin(), scheme.end());
      CAPTURE(scheme.back());
      const std::string text = ec().converted(arguments);
      CHECK(is_encrypted_key(as_bytes(text)));
      CHECK(signs_for(read_key(text, test::passphrase(k_words)), *ec().public_key));
      CHECK(code_of([&] { static_cast<void>(read_key(text, test::passphrase("wrong"))); }) ==
            Errc::wrong_passphrase);
    }
  }
}

TEST_CASE("reads PBES1 and PKCS#12's schemes only where that is asked for") {
  for (const char* const scheme :
       {"PBE-SHA1-3DES", "PBE-SHA1-2DES", "PBE-SHA1-RC2-40", "PBE-SHA1-RC2-128", "PBE-SHA1-RC4-128",
        "PBE-MD5-DES", "PBE-SHA1-DES"}) {
    CAPTURE(scheme);
    const std::string text = ec().converted(
        {"openssl", "pkcs8", "-topk8", "-in", "IN", "-out", "OUT", "-v1", scheme, "-provider",
         "default", "-provider", "legacy", "-passout", std::string("pass:") + k_words});
    CHECK(is_encrypted_key(as_bytes(text)));
    const auto refused =
        test::thrown_by([&] { static_cast<void>(read_key(text, test::passphrase(k_words))); });
    REQUIRE(refused);
    CHECK(refused->code() == Errc::unsupported);
    CHECK(refused->hint().find("--legacy-key") != std::string::npos);
    CHECK(
        signs_for(read_key(text, test::passphrase(k_words), LegacyKeys::allow), *ec().public_key));
    CHECK(code_of([&] {
            static_cast<void>(read_key(text, test::passphrase("wrong"), LegacyKeys::allow));
          }) == Errc::wrong_passphrase);
  }
}

TEST_CASE("reads keys of RFC 1421's form only where that is asked for") {
  for (const char* const cipher : {"-aes256", "-aes128", "-des3"}) {
    CAPTURE(cipher);
    const std::string text =
        rsa().converted({"openssl", "rsa", "-in", "IN", "-traditional", cipher, "-out", "OUT",
                         "-passout", std::string("pass:") + k_words});
    REQUIRE(text.find("Proc-Type: 4,ENCRYPTED") != std::string::npos);
    CHECK(is_encrypted_key(as_bytes(text)));
    const auto refused =
        test::thrown_by([&] { static_cast<void>(read_key(text, test::passphrase(k_words))); });
    REQUIRE(refused);
    CHECK(refused->code() == Errc::unsupported);
    CHECK(refused->hint().find("--legacy-key") != std::string::npos);
    CHECK(
        signs_for(read_key(text, test::passphrase(k_words), LegacyKeys::allow), *rsa().public_key));
    CHECK(code_of([&] {
            static_cast<void>(read_key(text, test::passphrase("wrong"), LegacyKeys::allow));
          }) == Errc::wrong_passphrase);
    CHECK(code_of([&] {
            static_cast<void>(read_key(text, test::no_passphrase(), LegacyKeys::allow));
          }) == Errc::missing_value);
  }
  const std::string sec1 = ec().converted({"openssl", "ec", "-in", "IN", "-aes256", "-out", "OUT",
                                           "-passout", std::string("pass:") + k_words});
  CHECK(signs_for(read_key(sec1, test::passphrase(k_words), LegacyKeys::allow), *ec().public_key));
}

TEST_CASE("reads what GnuTLS writes") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("key");
  for (const std::vector<std::string>& kind :
       std::vector<std::vector<std::string>>{{"--key-type", "rsa", "--bits", "2048"},
                                             {"--key-type", "ecdsa", "--curve", "secp256r1"},
                                             {"--key-type", "ecdsa", "--curve", "secp384r1"},
                                             {"--key-type", "ecdsa", "--curve", "secp521r1"},
                                             {"--key-type", "ed25519"}}) {
    CAPTURE(kind.back());
    std::vector<std::string> arguments{"certtool", "--generate-privkey", "--outfile", path};
    arguments.insert(arguments.end(), kind.begin(), kind.end());
    must_run(arguments);
    const PublicKey public_key = test::openssl_public(path);
    CHECK(signs_for(read_key(directory.read("key")), public_key));

    const std::string plain =
        must_run({"certtool", "--to-p8", "--load-privkey", path, "--password="});
    CHECK(signs_for(read_key(plain), public_key));
  }
}

TEST_CASE("reads the sign octet that GnuTLS puts before a scalar with its top bit set") {
  // Half of its keys have one: enough of them that it has been seen.
  const TemporaryDirectory directory;
  for (int i = 0; i < 12; ++i) {
    must_run({"certtool", "--generate-privkey", "--key-type", "ecdsa", "--curve", "secp256r1",
              "--outfile", directory.file("key")});
    CHECK(signs_for(read_key(directory.read("key")), test::openssl_public(directory.file("key"))));
  }
}

TEST_CASE("asks for the passphrase once, and only where the key is encrypted") {
  int asked = 0;
  const PassphraseSource counting = [&asked](Attempt) {
    ++asked;
    return std::optional<SecretBytes>(as_bytes(k_words));
  };
  static_cast<void>(read_key(ec().directory.read("key"), counting));
  CHECK(asked == 0);
  const std::string text = ec().converted({"openssl", "pkcs8", "-topk8", "-in", "IN", "-out", "OUT",
                                           "-passout", std::string("pass:") + k_words});
  static_cast<void>(read_key(text, counting));
  CHECK(asked == 1);
}

TEST_CASE("reads RFC 8410's example of a key with its public half, and its attributes") {
  const std::string example =
      "-----BEGIN PRIVATE KEY-----\n"
      "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
      "oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n"
      "Z9w7lshQhqowtrbLDFw4rXAxZuE=\n"
      "-----END PRIVATE KEY-----\n";
  const PrivateKey key = read_key(example);
  CHECK(to_hex(key.public_key().key_bits()) ==
        "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
  CHECK(signs_for(key, key.public_key()));
}

}  // namespace
}  // namespace mtls::crypto
