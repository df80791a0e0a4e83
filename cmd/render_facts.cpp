#include "cmd/render_facts.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/identity_files.hpp"
#include "crypto/private_key.hpp"
#include "render/input_check.hpp"
#include "render/verify_depth.hpp"
#include "verify/verify.hpp"

#include <iterator>

namespace mtls::cmd {
namespace {

std::string absolute_name(const Path& path) {
  return std::filesystem::absolute(path).lexically_normal().native();
}

render::Notice warning(std::string text, std::string hint) {
  return {render::Notice::Level::warning, std::move(text), std::move(hint)};
}

std::vector<x509::Certificate> read_file_certificates(const Path& file) {
  return x509::read_certificates(read_file(file).bytes.view(), printable(file.native()),
                                 x509::KeysBeside::allow);
}

/// What a path of the server holds, if it is here; nothing also where it cannot be opened.
std::optional<render::ServerCopy> read_copy(const std::optional<std::string>& name) {
  if (!name || !name_exists(*name)) return std::nullopt;
  try {
    return render::ServerCopy{printable(*name), read_file(*name, k_crl_limit).bytes};
  } catch (const Error& error) {
    if (error.code() == Errc::permission || error.code() == Errc::unreadable_file) {
      return std::nullopt;
    }
    throw;
  }
}

/// The public half of a key file. Nothing, and a warning, where it has a passphrase or is of a kind
/// that is not known here; a file without a private key is malformed.
std::optional<crypto::PublicKey> read_public_half(ByteView text, const std::string& shown,
                                                  const ossl::Context& context,
                                                  std::vector<render::Notice>& notices) {
  if (crypto::is_encrypted_key(text)) {
    notices.push_back(warning(
        format("{} has a passphrase, which the configuration does not tell the server", shown),
        "give a key without one, or add what the server needs to open it"));
    return std::nullopt;
  }
  try {
    return crypto::PrivateKey::from_file(text, shown, {}, crypto::LegacyKeys::refuse, context)
        .public_key();
  } catch (const Error& error) {
    if (error.code() == Errc::malformed) throw;
    notices.push_back(warning(format("{} was not checked: {}", shown, error.message()), {}));
    return std::nullopt;
  }
}

std::vector<render::Notice> check_server(const render::RenderRequest& request,
                                         const std::string& certificate, const std::string& key,
                                         const ossl::Context& context) {
  std::vector<render::Notice> notices;
  render::ServerFiles files{printable(certificate), printable(key), {}, std::nullopt};
  if (!name_exists(certificate)) {
    return {{render::Notice::Level::note,
             format("{} is not on this machine: it was not checked", files.certificate_name),
             {}}};
  }
  try {
    render::require_readable_by_servers(read_file(certificate).bytes.view(),
                                        files.certificate_name);
    files.certificates = read_file_certificates(certificate);
    if (name_exists(key)) {
      const FileContents contents = read_file(key);
      files.key = read_public_half(contents.bytes.view(), files.key_name, context, notices);
    }
  } catch (const Error& error) {
    if (error.code() != Errc::permission) throw;
    notices.push_back(warning(format("not checked: {}", error.message()), {}));
    if (files.certificates.empty()) return notices;
  }
  auto found = render::check_server_files(request, files, context);
  notices.insert(notices.end(), found.begin(), found.end());
  return notices;
}

/// Whether the client that the probe command presents gets in at all: without that it proves
/// nothing.
std::vector<render::Notice> check_client(const render::RenderRequest& request, Session& session,
                                         const ossl::Context& context) {
  const Path file = request.settings.proof.client_certificate.value_or("client.crt");
  if (!name_exists(file)) return {};
  const std::string shown = printable(file.native());
  try {
    std::vector<x509::Certificate> certificates = read_file_certificates(file);
    const verify::VerifyReport report = verify::verify({.leaf = certificates.front(),
                                                        .pool = certificates,
                                                        .anchors = {request.facts.anchor()},
                                                        .anchor_fingerprint = std::nullopt,
                                                        .purpose = verify::Purpose::client,
                                                        .host = std::nullopt,
                                                        .at = request.at,
                                                        .budget = {}},
                                                       nullptr, session.clock(), context);
    if (report.accepted) return {};
    return {warning(format("{}, which the probe command presents, does not get in: {}", shown,
                           report.findings.front().message),
                    "name a client of this CA with --client-cert and --client-key")};
  } catch (const Error& error) {
    return {warning(format("{} was not checked: {}", shown, error.message()), {})};
  }
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

std::vector<x509::Certificate> known_certificates(const CaOptions& options,
                                                  const authority::CaDirectory& ca,
                                                  const render::Settings& settings,
                                                  const Session& session,
                                                  std::vector<render::Notice>& notices) {
  std::vector<x509::Certificate> known;
  const Path client = settings.proof.client_certificate.value_or("client.crt");
  if (name_exists(client)) {
    try {
      known = read_file_certificates(client);
    } catch (const Error&) {
      known.clear();  // check_files says what is wrong with it
    }
  }
  if (!render::depends_on_known_chains(settings, ca.root())) return known;
  try {
    const auto recorded = options.read_ledger(ca, session).authorities();
    known.insert(known.end(), recorded.begin(), recorded.end());
  } catch (const Error& error) {
    notices.push_back(
        {render::Notice::Level::warning,
         format("how deep chains get was not looked up in the ledger: {}", error.message()),
         "say it with --verify-depth N"});
  }
  return known;
}

std::vector<render::Notice> check_files(const render::RenderRequest& request, Session& session) {
  const ossl::Context& context = session.openssl(ossl::Configuration::openssl);
  const render::ListenerSettings& listener = request.settings.listener;
  render::ServerCopies copies;
  copies.trust = read_copy(listener.trust_file);
  copies.crl = read_copy(listener.crl_file);
  std::vector<render::Notice> notices = render::check_trust(request, copies, context);
  const auto append = [&notices](std::vector<render::Notice> more) {
    std::move(more.begin(), more.end(), std::back_inserter(notices));
  };
  if (listener.server_certificate && listener.server_key) {
    append(check_server(request, *listener.server_certificate, *listener.server_key, context));
  }
  append(check_client(request, session, context));
  return notices;
}

render::ServerIdentity server_identity(const Path& certificate, const Path& key,
                                       const authority::FileTrust& trust, Session& session) {
  const std::string shown_key = printable(key.native());
  const FileContents certificate_file = read_file(certificate);
  std::vector<x509::Certificate> certificates = x509::read_certificates(
      certificate_file.bytes.view(), printable(certificate.native()), x509::KeysBeside::allow);
  const FileContents key_file = read_file(key);
  trust.require_owner(shown_key, key_file.owner, authority::Named::explicitly);
  if (crypto::is_encrypted_key(key_file.bytes.view())) {
    throw Error(Errc::missing_value,
                format("{} has a passphrase, and a Secret cannot tell it to anyone", shown_key),
                "give a key without one");
  }
  const auto private_key = crypto::PrivateKey::from_file(
      key_file.bytes.view(), shown_key, {}, crypto::LegacyKeys::refuse,
      session.openssl(ossl::Configuration::openssl));
  certificates = put_own_first(std::move(certificates), private_key.public_key(),
                               printable(certificate.native()), session);
  if (!(private_key.public_key() == certificates.front().public_key())) {
    throw Error(Errc::key_mismatch,
                format("{} is not the key of {}", shown_key, printable(certificate.native())));
  }
  return {x509::to_pem(certificates), private_key.to_pkcs8_pem()};
}

}  // namespace mtls::cmd
