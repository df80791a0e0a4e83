#include "cmd/probe_identities.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/input_file.hpp"
#include "cmd/key_options.hpp"
#include "cmd/value_types.hpp"
#include "crypto/private_key.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

/// E1 to I5, which nobody but a CA or the user can give.
ValueType<NamedIdentity> named_identity_value() {
  return {"ID=CERT,KEY", "ID=CERT,KEY with one of E1 to E6 or I1 to I5 as ID",
          [](const std::string& text) -> std::optional<NamedIdentity> {
            const std::size_t equals = text.find('=');
            if (equals == std::string::npos) return std::nullopt;
            const auto id = probe::find_id(text.substr(0, equals));
            const auto files = split_identity_files(std::string_view(text).substr(equals + 1));
            if (!id || *id < probe::Id::e1 || !files) return std::nullopt;
            return NamedIdentity{*id, *files};
          }};
}

void require_both(bool one, bool other, std::string_view name, std::string_view other_name) {
  if (one == other) return;
  throw Error(Errc::missing_value,
              format("{} without {}", one ? name : other_name, one ? other_name : name),
              "a certificate is shown with its private key: give both");
}

}  // namespace

void ProbeIdentityOptions::add_good_to(OptionSet& options) {
  options.value("--cert", certificate, file_value(),
                "The good certificate, and what is sent behind it");
  options.value("--key", key, file_value(), "Its private key");
  options.value("--key-passphrase", key_passphrase, secret_value(), "Opens that key");
}

void ProbeIdentityOptions::add_more_to(OptionSet& options) {
  options.value("--ca", ca, directory_value(),
                "Let this CA sign E1 to E3: expired, not yet valid, for servers only; recorded and "
                "marked revoked in the same step");
  options.value("--probe-ca", probe_ca, directory_value(),
                "Let this throw-away CA, which the listener trusts too, sign E4, E5 and I2 to I5");
  options.list("--identity", named, named_identity_value(),
               "Show the certificate in CERT with KEY as attempt ID");
  options.value("--revoked-cert", revoked_certificate, file_value(),
                "A revoked certificate of the CA: I1");
  options.value("--revoked-key", revoked_key, file_value(), "Its private key");
  signing.add_to(options);
  options.value("--lock-timeout", lock_timeout, wait_value(),
                "How long to wait for others who write the ledger (default: 30s)");
}

void ProbeIdentityOptions::check() const {
  require_both(certificate.has_value(), key.has_value(), "--cert", "--key");
  require_both(revoked_certificate.has_value(), revoked_key.has_value(), "--revoked-cert",
               "--revoked-key");
  if (!certificate && (ca || probe_ca || !named.empty() || revoked_certificate)) {
    throw Error(Errc::missing_value, "further identities without a good one",
                "give the good one with --cert and --key: without it no refusal proves anything");
  }
}

bool ProbeIdentityOptions::offers(probe::Id id) const {
  if (id == probe::Id::i1 && revoked_certificate) return true;
  return std::any_of(named.begin(), named.end(),
                     [id](const NamedIdentity& one) { return one.id == id; });
}

ProbeIdentities::ProbeIdentities(const ProbeIdentityOptions& options, Session& session)
    : m_options(options), m_session(session) {
  if (options.certificate) m_good = read({*options.certificate, *options.key});
  for (const NamedIdentity& one : options.named) {
    if (!m_given.emplace(one.id, read(one.files)).second) {
      throw Error(Errc::usage, format("--identity {} is given twice", probe::entry(one.id).name));
    }
  }
  if (options.revoked_certificate) {
    m_given.insert_or_assign(probe::Id::i1,
                             read({*options.revoked_certificate, *options.revoked_key}));
  }
  const std::optional<Path>& mint = options.ca ? options.ca : options.probe_ca;
  const std::chrono::milliseconds patience =
      options.lock_timeout.value_or(std::chrono::milliseconds(30'000));
  if (mint) m_mint.emplace(*mint, options.signing, patience, session);
  if (options.probe_ca) {
    m_throw_away = authority::CaDirectory::open(*options.probe_ca, authority::Named::explicitly,
                                                trusted_owners());
    m_odd.emplace(*m_throw_away, options.signing, patience, session);
  }
  if (options.ca &&
      !(m_good->chain.back().issuer() == m_mint->directory().certificate().subject()) &&
      !(m_good->chain.front().issuer() == m_mint->directory().certificate().subject())) {
    session.messages().warning("the good certificate was not issued by the CA of --ca",
                               "E1 to E3 prove nothing where the listener does not trust that CA");
  }
}

std::optional<x509::Certificate> ProbeIdentities::ca_root() const {
  if (!m_options.ca) return std::nullopt;
  return m_mint->directory().root();
}

tls::Identity ProbeIdentities::read(const IdentityFiles& files) const {
  constexpr std::string_view k_flag = "--key-passphrase";
  const std::string what = format("passphrase of {}", shown_input(files.key));
  return read_identity(
      files,
      {.passphrase = passphrase_source(m_options.key_passphrase,
                                       {.flag = std::string(k_flag), .what = what}, m_session),
       .flag = k_flag,
       .legacy = m_options.signing.legacy(),
       .trust = m_options.signing.files.trust(m_session)},
      m_session);
}

std::optional<tls::Identity> ProbeIdentities::find(probe::Id id) {
  if (const auto given = m_given.find(id); given != m_given.end()) return given->second;
  std::optional<tls::Identity> found;
  if (m_mint) found = m_mint->find(id, m_good.value());
  if (!found && m_odd) found = m_odd->find(id);
  return found;
}

}  // namespace mtls::cmd
