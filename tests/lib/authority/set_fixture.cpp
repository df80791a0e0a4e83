#include "lib/authority/set_fixture.hpp"

namespace mtls::authority::test {
namespace {

SecretBytes secret(std::string_view text) { return SecretBytes(as_bytes(text)); }

ca::Request certificate_request(const crypto::PublicKey& key, std::string_view subject) {
  return {.public_key = key,
          .subject = x509::Name::parse(subject),
          .subject_alt_names = {},
          .period = std::nullopt,
          .not_after = std::nullopt,
          .past_issuer = ca::ValidityPast::clip,
          .path_length = std::nullopt,
          .name_constraints = {},
          .request_key = std::nullopt,
          .replaces_intent = std::nullopt,
          .replaces = std::nullopt,
          .csr = std::nullopt};
}

}  // namespace

const ossl::Context& context() {
  static const ossl::Context context = ossl::Context::process_default(ossl::Configuration::none);
  return context;
}

crypto::PrivateKey make_key(const std::string& spec) {
  return crypto::PrivateKey::generate(crypto::KeySpec::parse(spec).value(),
                                      crypto::Keygen::standard, context());
}

FileContents key_file(const crypto::PrivateKey& key, std::string_view passphrase) {
  return {.bytes = passphrase.empty() ? key.to_pkcs8_pem() : key.to_pkcs8_pem(as_bytes(passphrase)),
          .openness = Openness::closed};
}

SecretBytes request_file(const crypto::PrivateKey& key) {
  const crypto::SoftwareSigner signer(key, crypto::SignatureAlgorithm::ecdsa_sha256);
  x509::RequestFields fields;
  fields.subject = x509::Name::parse("CN=x");
  return secret(x509::to_pem(x509::make_request(fields, signer)));
}

SetFixture::SetFixture() {
  request.subject = x509::Name::parse("CN=x");
  request.issuer_chain = chain;
  request.open_existing_key = [](crypto::Attempt /*attempt*/) {
    return std::optional<SecretBytes>();
  };
}

std::vector<x509::Certificate> SetFixture::make_root() {
  ca::Issuer root = ca::Issuer::for_new_root(signer, ledger, surroundings);
  const ca::Request wanted = certificate_request(signer.public_key(), "CN=root");
  return {root.issue(root.prepare({&wanted, 1}, profile::Catalogue().load("root-ca")))
              .front()
              .certificate};
}

ca::Request SetFixture::wish(const crypto::PrivateKey& key) {
  return certificate_request(key.public_key(), "CN=x");
}

x509::Certificate SetFixture::prepare(const ca::Request& wish) {
  return issuer().prepare({&wish, 1}, profile).front().unsigned_certificate();
}

x509::Certificate SetFixture::issue(const ca::Request& wish) {
  ca::Issuer by = issuer();
  return by.issue(by.prepare({&wish, 1}, profile)).front().certificate;
}

x509::SerialNumber SetFixture::intend(const crypto::PrivateKey& key, const store::Actor& actor) {
  const x509::Certificate wanted = prepare(wish(key));
  const store::Intent intent{
      .issuer = ledger.find_issuer(wanted.issuer(), signer.public_key()).value(),
      .serial = wanted.serial(),
      .tbs = to_bytes(wanted.tbs()),
      .profile = profile.name,
      .profile_hash = profile.hash,
      .subject = wanted.subject().to_text(),
      .sans = {},
      .validity = wanted.validity(),
      .spki_hash = key.public_key().spki_hash(),
      .actor = actor,
      .time = clock.now()};
  ledger.record_intents({&intent, 1});
  return wanted.serial();
}

SetContents SetFixture::complete_set(const crypto::PrivateKey& key) {
  return {.key = key_file(key),
          .new_key = std::nullopt,
          .request = request_file(key),
          .certificate = secret(x509::to_pem(issue(wish(key))))};
}

void SetFixture::give_passphrase(std::string_view passphrase) {
  request.key_passphrase = secret(passphrase);
  request.open_existing_key =
      [text = std::string(passphrase)](crypto::Attempt attempt) -> std::optional<SecretBytes> {
    if (attempt == crypto::Attempt::again) return std::nullopt;
    return secret(text);
  };
}

}  // namespace mtls::authority::test
