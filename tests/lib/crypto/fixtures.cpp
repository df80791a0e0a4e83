#include "fixtures.hpp"

#include "base/bytes.hpp"
#include "der/writer.hpp"

#include <array>
#include <chrono>
#include <stdexcept>

namespace mtls::crypto::test {

const ossl::Context& context() {
  static const auto instance = ossl::Context::process_default(ossl::Configuration::none);
  return instance;
}

std::string must_run(std::vector<std::string> arguments, std::string input) {
  std::string command;
  for (const std::string& argument : arguments) command += argument + " ";
  const Outcome outcome = run(Command{.arguments = std::move(arguments),
                                      .input = std::move(input),
                                      .timeout = std::chrono::minutes(4)});
  if (!outcome.ok()) throw std::runtime_error(command + "failed: " + outcome.shown());
  return outcome.out;
}

PassphraseSource passphrase(std::string text) {
  return [text = std::move(text)](Attempt attempt) -> std::optional<SecretBytes> {
    if (attempt == Attempt::again) return std::nullopt;
    return SecretBytes(as_bytes(text));
  };
}

PassphraseSource no_passphrase() {
  return [](Attempt /*attempt*/) { return std::optional<SecretBytes>(); };
}

PrivateKey read_key(ByteView text, const PassphraseSource& source, LegacyKeys legacy) {
  return PrivateKey::from_file(text, "test.key", source, legacy, context());
}

PrivateKey read_key(std::string_view text, const PassphraseSource& source, LegacyKeys legacy) {
  return read_key(as_bytes(text), source, legacy);
}

Bytes make_spki(ByteView algorithm, ByteView key_bits, unsigned unused) {
  der::Writer spki;
  spki.sequence([&](der::Writer& info) {
    info.element(der::tag::sequence, algorithm).bit_string(key_bits, unused);
  });
  return std::move(spki).take();
}

Bytes rsa_spki(ByteView modulus, ByteView exponent) {
  der::Writer algorithm;
  algorithm.oid(der::oid("1.2.840.113549.1.1.1")).null();
  der::Writer key;
  key.sequence(
      [&](der::Writer& numbers) { numbers.unsigned_integer(modulus).unsigned_integer(exponent); });
  return make_spki(algorithm.view(), key.view());
}

Bytes ec_spki(std::string_view curve_oid, ByteView point) {
  der::Writer algorithm;
  algorithm.oid(der::oid("1.2.840.10045.2.1")).oid(der::oid(curve_oid));
  return make_spki(algorithm.view(), point);
}

Bytes ed25519_spki(ByteView point) {
  der::Writer algorithm;
  algorithm.oid(der::oid("1.3.101.112"));
  return make_spki(algorithm.view(), point);
}

ByteView usual_exponent() {
  static constexpr std::array<std::uint8_t, 3> k_exponent{0x01, 0x00, 0x01};
  return k_exponent;
}

PublicKey openssl_public(const std::string& key_path, std::vector<std::string> more) {
  std::vector<std::string> arguments{"openssl", "pkey",     "-in", key_path,
                                     "-pubout", "-outform", "DER"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return PublicKey::from_spki(as_bytes(must_run(std::move(arguments))));
}

PublicKey gnutls_public(const std::string& key_path, std::vector<std::string> more) {
  std::vector<std::string> arguments{"certtool", "--load-privkey", key_path, "--pubkey-info",
                                     "--outder"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return PublicKey::from_spki(as_bytes(must_run(std::move(arguments))));
}

const std::vector<PrivateKey>& keys() {
  static const std::vector<PrivateKey> all = [] {
    std::vector<PrivateKey> made;
    for (const std::string_view text : {"rsa:2048", "ec:p256", "ec:p384", "ec:p521", "ed25519"}) {
      made.push_back(
          PrivateKey::generate(KeySpec::parse(text).value(), Keygen::standard, context()));
    }
    return made;
  }();
  return all;
}

}  // namespace mtls::crypto::test
