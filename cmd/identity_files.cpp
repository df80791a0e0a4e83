#include "cmd/identity_files.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/input_file.hpp"
#include "cmd/key_options.hpp"

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
  if (!(key.public_key() == chain.front().public_key())) {
    throw Error(Errc::key_mismatch,
                format("the key in {} is not that of the certificate in {}", shown,
                       shown_input(files.certificate)),
                "the certificate to be shown stands first in its file");
  }
  return {.chain = std::move(chain), .key = std::move(key)};
}

}  // namespace mtls::cmd
