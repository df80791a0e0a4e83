#include "cmd/serve_certificate.hpp"

#include "authority/enrol.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/child_process.hpp"
#include "cmd/issue_profile.hpp"
#include "cmd/receipt.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

constexpr const char* k_directory = "serve";
constexpr const char* k_name = "server";
constexpr const char* k_profile = "serve";
constexpr std::chrono::hours k_least_left{24};

void refuse_open(const std::string& shown, std::string_view mode) {
  throw Error(Errc::open_permissions,
              format("{} can be read or written by others; serve does not start beside it", shown),
              format("chmod {} {}", mode, shown));
}

/// What stands in DIR/serve, or why there is nothing to use.
struct Found {
  std::optional<ServeCertificate> certificate;
  std::string why;
};

Found nothing(std::string why) { return {.certificate = std::nullopt, .why = std::move(why)}; }

/// Key and certificate, read under the set's lock, so that they belong together.
std::optional<ServeCertificate> read_set(const Path& path, const ServeCertificateRequest& request,
                                         Session& session) {
  const std::string key_name = std::string(k_name) + ".key";
  const std::string certificate_name = std::string(k_name) + ".crt";
  if (!name_exists(path)) return std::nullopt;
  Directory directory = Directory::open(path);
  const TrustedOwners owners = trusted_owners();
  authority::FileTrust(owners).require_owner(printable(path.native()), directory.owner(),
                                             authority::Named::implicitly);
  if (directory.openness() == Openness::open) refuse_open(printable(path.native()), "700");
  directory.lock(request.lock_timeout);
  if (!directory.contains(key_name) || !directory.contains(certificate_name)) return std::nullopt;
  const FileContents key = directory.read_found(key_name);
  const std::string shown = printable((path / key_name).native());
  authority::require_found_key(key, shown, owners, authority::OpenKey::allow);
  if (key.openness == Openness::open) refuse_open(shown, "600");
  const FileContents certificate = directory.read(certificate_name);
  return ServeCertificate{
      .chain = x509::read_certificates(certificate.bytes.view(),
                                       printable((path / certificate_name).native())),
      .key = crypto::PrivateKey::from_file(key.bytes.view(), shown, {}, crypto::LegacyKeys::refuse,
                                           session.openssl(ossl::Configuration::openssl))};
}

bool bears(const x509::Certificate& certificate, const x509::GeneralNames& names) {
  const x509::GeneralNames has = certificate.subject_alt_names();
  return std::all_of(names.begin(), names.end(), [&has](const x509::GeneralName& name) {
    return std::find(has.begin(), has.end(), name) != has.end();
  });
}

Found find(const ServeCertificateRequest& request, std::chrono::seconds least_left,
           Session& session) {
  auto set = read_set(request.ca.path() / k_directory, request, session);
  if (!set) return nothing("there is none yet");
  const x509::Certificate& leaf = set->chain.front();
  if (!(leaf.public_key() == set->key.public_key())) return nothing("its key is another one");
  const UnixTime end = leaf.validity().not_after;
  if (end < session.clock().now() + least_left) {
    return nothing(format("it ends at {}", to_rfc3339(end)));
  }
  if (!leaf.is_signed_by(request.ca.certificate().public_key(),
                         session.openssl(ossl::Configuration::openssl))) {
    return nothing("another CA issued it");
  }
  if (!bears(leaf, request.names)) return nothing("it does not bear all the names");
  const store::Ledger ledger = request.ca.read_ledger({.lock_timeout = request.lock_timeout});
  const auto status = ledger.status(leaf, &request.ca.certificate());
  if (!status || status->recorded != store::Recorded::yes ||
      status->state != store::State::issued) {
    return nothing("the ledger does not have it as issued");
  }
  return {.certificate = std::move(set), .why = {}};
}

x509::Name subject() {
  return x509::Name::make({{x509::make_attribute(x509::oids::common_name(), "localhost")}});
}

/// In the child: opens ledger and CA key, and enrols.
void issue(const ServeCertificateRequest& request, Session& session) {
  const profile::Profile profile =
      choose_profile(std::nullopt, std::nullopt, k_profile, ProfileOptions{}, &request.ca,
                     profile::ProfileUse::serve);
  require_role(profile, profile::Role::server);
  SigningCa ca(request.ca, request.signing, request.lock_timeout, session);
  ca.load();
  authority::EnrolRequest wanted;
  wanted.subject = subject();
  wanted.subject_alt_names = request.names;
  wanted.existing = authority::Existing::replace_key;
  wanted.owners = trusted_owners();
  wanted.lock_timeout = request.lock_timeout;
  wanted.append = request.ca.intermediates();
  authority::DirectorySet output(request.ca.path() / k_directory, k_name,
                                 authority::SetOwner::leaf);
  const authority::IssuerSource issuer =
      [&ca, &profile](const crypto::PublicKey& /*key*/,
                      const crypto::PrivateKey* /*private_key*/) -> ca::Issuer& {
    return ca.issuer(profile.digest);
  };
  const authority::Enrolled enrolled =
      authority::enrol(wanted, profile, issuer, ca.ledger(), output, ca.surroundings());
  tell_notices(enrolled.notices, session);
}

}  // namespace

void require_private(const authority::CaDirectory& ca) {
  if (const auto exposed = ca.find_exposed()) refuse_open(exposed->name, exposed->mode);
}

ServeCertificate obtain_serve_certificate(const ServeCertificateRequest& request,
                                          Session& session) {
  request.ca.require_trusted();
  if (auto found = find(request, k_least_left, session); found.certificate) {
    return *std::move(found.certificate);
  }
  // The context is made before, so that openssl.cnf is read once.
  static_cast<void>(session.openssl(ossl::Configuration::openssl));
  session.out().flush();
  try {
    run_in_child([&] { issue(request, session); });
  } catch (Error& error) {
    error.add_context("cannot make the listener's certificate");
    error.set_hint("give one with --cert and --key; mtlsctl server issue makes it");
    throw;
  }
  return reread_serve_certificate(request, session);
}

ServeCertificate reread_serve_certificate(const ServeCertificateRequest& request,
                                          Session& session) {
  Found found = find(request, std::chrono::seconds(0), session);
  if (found.certificate) return *std::move(found.certificate);
  throw Error(Errc::not_found,
              format("the listener's certificate in {} cannot be used: {}",
                     printable((request.ca.path() / k_directory).native()), found.why),
              "start mtlsctl serve anew: it makes a new one");
}

}  // namespace mtls::cmd
