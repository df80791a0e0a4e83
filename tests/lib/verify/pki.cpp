#include "lib/verify/pki.hpp"

#include "base/format.hpp"
#include "ossl/handle.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>

namespace mtls::verify::test {
namespace {

void require(bool succeeded, const char* call) {
  if (!succeeded) throw std::runtime_error(std::string("libcrypto failed: ") + call);
}

x509::SerialNumber next_serial() {
  static unsigned count = 0x1000;
  return x509::SerialNumber::parse(format("{:x}", ++count)).value();
}

void add_if_absent(x509::Extensions& extensions, x509::Extension extension) {
  if (x509::find(extensions, extension.id) == nullptr) extensions.push_back(std::move(extension));
}

Entity make(const Plan& plan, const x509::Name& issuer, const std::string& by) {
  const crypto::PublicKey subject_key =
      plan.public_key ? *plan.public_key : key(plan.key).public_key();
  const auto algorithm = crypto::signature_algorithm(crypto::KeyType::ec, crypto::Digest::sha256);
  x509::TbsCertificate tbs{.serial = plan.serial.empty()
                                         ? next_serial()
                                         : x509::SerialNumber::parse(plan.serial).value(),
                           .signature = algorithm,
                           .issuer = issuer,
                           .validity = {.not_before = plan.not_before, .not_after = plan.not_after},
                           .subject = plan.name.value_or(x509::Name::parse(plan.subject)),
                           .public_key = subject_key,
                           .extensions = plan.extensions};
  add_if_absent(tbs.extensions, x509::encode_subject_key_identifier(subject_key.key_identifier()));
  add_if_absent(tbs.extensions,
                x509::encode_authority_key_identifier(key(by).public_key().key_identifier()));
  const Bytes der = tbs.to_der();
  return {.certificate = x509::wrap(der, algorithm, key(by).sign(algorithm, der)), .key = plan.key};
}

ossl::Handle<EVP_PKEY> libcrypto_key(const std::string& name) {
  const SecretBytes pem = key(name).to_pkcs8_pem();
  const ossl::Handle<BIO> bio(
      BIO_new_mem_buf(pem.view().data(), static_cast<int>(pem.view().size())));
  ossl::Handle<EVP_PKEY> loaded(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  require(loaded != nullptr, "PEM_read_bio_PrivateKey");
  return loaded;
}

}  // namespace

const ossl::Context& context() {
  static const ossl::Context instance =
      ossl::Context::process_default(ossl::Configuration::openssl);
  return instance;
}

const crypto::PrivateKey& key(const std::string& name) {
  static std::map<std::string, crypto::PrivateKey> keys;
  const auto found = keys.find(name);
  if (found != keys.end()) return found->second;
  return keys
      .emplace(name, crypto::PrivateKey::generate(crypto::KeySpec::ec(crypto::Curve::p256),
                                                  crypto::Keygen::standard, context()))
      .first->second;
}

x509::Extensions ca_extensions(std::optional<unsigned> path_length) {
  using x509::BasicConstraints;
  return {
      x509::encode(BasicConstraints{BasicConstraints::Subject::ca, path_length},
                   x509::Criticality::critical),
      x509::encode(x509::KeyUsage{x509::KeyUsageBit::key_cert_sign, x509::KeyUsageBit::crl_sign},
                   x509::Criticality::critical)};
}

x509::Extensions client_extensions() {
  using x509::BasicConstraints;
  return {x509::encode(BasicConstraints{BasicConstraints::Subject::end_entity, {}},
                       x509::Criticality::critical),
          x509::encode(x509::KeyUsage{x509::KeyUsageBit::digital_signature},
                       x509::Criticality::critical),
          purposes("clientAuth")};
}

x509::Extensions server_extensions(const std::vector<std::string>& texts) {
  x509::Extensions extensions = with(client_extensions(), purposes("serverAuth"));
  if (!texts.empty()) extensions.push_back(names(texts));
  return extensions;
}

x509::Extensions without(x509::Extensions extensions, const der::Oid& id) {
  extensions.erase(std::remove_if(extensions.begin(), extensions.end(),
                                  [&id](const auto& each) { return each.id == id; }),
                   extensions.end());
  return extensions;
}

x509::Extensions with(x509::Extensions extensions, x509::Extension extension) {
  for (x509::Extension& each : extensions) {
    if (each.id != extension.id) continue;
    each = std::move(extension);
    return extensions;
  }
  extensions.push_back(std::move(extension));
  return extensions;
}

x509::Extension purposes(std::string_view words) {
  std::istringstream stream{std::string(words)};
  std::vector<der::Oid> oids;
  for (std::string word; stream >> word;) oids.push_back(x509::find_oid(word).value());
  return x509::encode_extended_key_usage(oids, x509::Criticality::non_critical);
}

x509::Extension names(const std::vector<std::string>& texts) {
  x509::GeneralNames all;
  for (const std::string& text : texts) all.push_back(x509::GeneralName::parse(text));
  return x509::encode_subject_alt_name(all, x509::Criticality::non_critical);
}

x509::Extension name_constraints(const std::vector<std::string>& permitted,
                                 const std::vector<std::string>& excluded) {
  x509::NameConstraints constraints;
  for (const auto& text : permitted) {
    constraints.permitted.push_back(x509::GeneralName::parse_constraint(text));
  }
  for (const auto& text : excluded) {
    constraints.excluded.push_back(x509::GeneralName::parse_constraint(text));
  }
  return x509::encode(constraints);
}

Entity issue(const Plan& plan, const Entity& issuer) {
  return make(plan, issuer.certificate.subject(), issuer.key);
}

Entity self_sign(const Plan& plan) { return make(plan, x509::Name::parse(plan.subject), plan.key); }

const Entity& root() {
  static const Entity instance =
      self_sign({.subject = "CN=root,O=mtls", .key = "root", .extensions = ca_extensions()});
  return instance;
}

const Entity& intermediate() {
  static const Entity instance = issue(
      {.subject = "CN=intermediate,O=mtls", .key = "intermediate", .extensions = ca_extensions(0)},
      root());
  return instance;
}

const Entity& client() {
  static const Entity instance =
      issue({.subject = "CN=client,O=mtls", .key = "client", .extensions = client_extensions()},
            intermediate());
  return instance;
}

x509::Certificate remake(const x509::Certificate& certificate, const std::string& by,
                         const EVP_MD* digest, const std::function<void(X509*)>& edit) {
  const unsigned char* octets = certificate.der().data();
  const ossl::Handle<X509> form(
      d2i_X509(nullptr, &octets, static_cast<long>(certificate.der().size())));
  require(form != nullptr, "d2i_X509");
  edit(form.get());
  require(X509_sign(form.get(), libcrypto_key(by).get(), digest) > 0, "X509_sign");
  unsigned char* out = nullptr;
  const int size = i2d_X509(form.get(), &out);
  require(size > 0, "i2d_X509");
  const Bytes der(out, out + size);
  OPENSSL_free(out);
  return x509::Certificate::from_der(der);
}

x509::Certificate with_broken_signature(const x509::Certificate& certificate) {
  Bytes der = to_bytes(certificate.der());
  der.back() ^= 1U;
  return x509::Certificate::from_der(der);
}

VerifyRequest request_for(const x509::Certificate& leaf, std::vector<x509::Certificate> anchors,
                          std::vector<x509::Certificate> pool) {
  return {.leaf = leaf,
          .pool = std::move(pool),
          .anchors = std::move(anchors),
          .anchor_fingerprint = {},
          .purpose = Purpose::client,
          .host = {},
          .at = judging_time(),
          .budget = {}};
}

VerifyReport judge(const VerifyRequest& request, const RevocationSource* revocation) {
  return verify(request, revocation, StandingClock(), context());
}

std::string summary(const VerifyReport& report) {
  std::string words;
  for (const Finding& finding : report.findings) {
    if (!words.empty()) words += ' ';
    if (finding.severity == Severity::warning) words += '~';
    words += format("{}@{}", name(finding.problem), finding.depth);
  }
  return words;
}

}  // namespace mtls::verify::test
