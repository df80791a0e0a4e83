#include "cmd/identity_files.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/input_file.hpp"
#include "cmd/key_options.hpp"
#include "x509/certificate_choice.hpp"

#include <filesystem>
#include <vector>

namespace mtls::cmd {
namespace {

bool is_there(const Path& file) {
  std::error_code ignored;
  return file == "-" || std::filesystem::exists(file, ignored);
}

}  // namespace

std::optional<IdentityFiles> split_identity_files(std::string_view text) {
  std::vector<IdentityFiles> splits;
  for (std::size_t at = text.find(','); at != std::string_view::npos; at = text.find(',', at + 1)) {
    if (at == 0 || at + 1 == text.size()) continue;
    splits.push_back({Path(text.substr(0, at)), Path(text.substr(at + 1))});
  }
  if (splits.empty()) return std::nullopt;
  const IdentityFiles* found = nullptr;
  for (const IdentityFiles& one : splits) {
    if (splits.size() > 1 && (!is_there(one.certificate) || !is_there(one.key))) continue;
    if (found != nullptr) {
      throw Error(
          Errc::usage,
          format("{} can be split into two existing files in more than one way", printable(text)),
          "rename them, or link to them, without commas");
    }
    found = &one;
  }
  return found != nullptr ? *found : splits.back();
}

std::vector<x509::Certificate> put_own_first(std::vector<x509::Certificate> certificates,
                                             const crypto::PublicKey& key, std::string_view shown,
                                             Session& session) {
  x509::ChosenCertificate choice = x509::choose_by_key(
      std::move(certificates), key, session.openssl(ossl::Configuration::openssl));
  if (!choice.is_first()) {
    session.messages().warning(
        format("{}: the key belongs to {}, which is used and is not the first", shown,
               choice.description()),
        "put it first: other servers and clients take the first of a file for their own");
  }
  return std::move(choice.certificates);
}

tls::Identity read_identity(const IdentityFiles& files, const KeyOpening& opening,
                            Session& session) {
  const SecretBytes file = read_input(files.certificate);
  std::vector<x509::Certificate> chain =
      x509::read_certificates(file.view(), shown_input(files.certificate), x509::KeysBeside::allow);
  const std::string shown = shown_input(files.key);
  crypto::PrivateKey key =
      read_private_key(files.key, {.passphrase = opening.passphrase,
                                   .flag = opening.flag,
                                   .legacy = opening.legacy,
                                   .trust = opening.trust,
                                   .context = session.openssl(ossl::Configuration::openssl)});
  chain =
      put_own_first(std::move(chain), key.public_key(), shown_input(files.certificate), session);
  if (!(key.public_key() == chain.front().public_key())) {
    throw Error(Errc::key_mismatch,
                format("the key in {} is not that of the certificate in {}", shown,
                       shown_input(files.certificate)),
                "give the key that one of its certificates was issued for");
  }
  return {.chain = std::move(chain), .key = std::move(key)};
}

}  // namespace mtls::cmd
