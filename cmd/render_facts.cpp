#include "cmd/render_facts.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "crypto/private_key.hpp"

namespace mtls::cmd {
namespace {

std::string absolute_name(const Path& path) {
  return std::filesystem::absolute(path).lexically_normal().native();
}

}  // namespace

render::TrustFacts trust_facts(const authority::CaDirectory& ca, const std::optional<Path>& crl) {
  const bool is_root = ca.chain().size() == 1;
  std::optional<render::CrlFacts> lists;
  const Path own = ca.path() / "ca.crl";
  if (crl || name_exists(own)) {
    const Path file = crl.value_or(own);
    const FileContents contents = read_file(file, k_crl_limit);
    lists = render::CrlFacts{absolute_name(file),
                             render::read_lists(contents.bytes.view(), printable(file.native()))};
  }
  return {ca.path().native(), ca.chain(),
          absolute_name(ca.path() / (is_root ? "ca.crt" : "root.crt")), std::move(lists)};
}

render::ServerIdentity server_identity(const Path& certificate, const Path& key,
                                       const authority::FileTrust& trust, Session& session) {
  const std::string shown_key = printable(key.native());
  const FileContents certificate_file = read_file(certificate);
  const std::vector<x509::Certificate> certificates = x509::read_certificates(
      certificate_file.bytes.view(), printable(certificate.native()), x509::KeysBeside::allow);
  const FileContents key_file = read_file(key);
  trust.require_owner(shown_key, key_file.owner, authority::Named::explicitly);
  if (crypto::is_encrypted_key(key_file.bytes.view())) {
    throw Error(Errc::missing_value,
                format("{} has a passphrase, and a Secret cannot tell it to anyone", shown_key),
                "give a key without one");
  }
  const auto private_key = crypto::PrivateKey::from_file(
      key_file.bytes.view(), shown_key, [] { return std::nullopt; }, crypto::LegacyKeys::refuse,
      session.openssl(ossl::Configuration::openssl));
  if (!(private_key.public_key() == certificates.front().public_key())) {
    throw Error(Errc::key_mismatch,
                format("{} is not the key of {}", shown_key, printable(certificate.native())));
  }
  return {x509::to_pem(certificates), private_key.to_pkcs8_pem()};
}

}  // namespace mtls::cmd
