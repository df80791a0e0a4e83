#include "cmd/serve_material.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/identity_files.hpp"
#include "cmd/input_file.hpp"

#include <system_error>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace mtls::cmd {
namespace {

/// Of a listener that is up: everybody waits while it does.
constexpr std::chrono::milliseconds k_patience{250};
constexpr std::size_t k_list_limit = std::size_t{256} << 20U;

/// Those that others in the same file stand above go into the pool; the rest are trusted.
ClientTrust sort_out(const std::vector<x509::Certificate>& certificates) {
  ClientTrust trust;
  for (const x509::Certificate& each : certificates) {
    const bool has_issuer =
        !each.is_self_issued() &&
        std::any_of(certificates.begin(), certificates.end(),
                    [&each](const auto& other) { return other.subject().matches(each.issuer()); });
    (has_issuer ? trust.pool : trust.anchors).push_back(each);
  }
  return trust;
}

/// A passphrase that only the child needed does not stay in this process.
void forget(const std::optional<SecretSource>& source) {
  if (!source) return;
  if (source->kind() == SecretSource::Kind::descriptor && source->descriptor() > STDERR_FILENO) {
    ::close(source->descriptor());
  }
  if (source->kind() != SecretSource::Kind::environment) return;
  // Before any thread is started.
  char* const value = std::getenv(source->name().c_str());  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr) return;
  cleanse({reinterpret_cast<std::uint8_t*>(value), std::string_view(value).size()});
  ::unsetenv(source->name().c_str());  // NOLINT(concurrency-mt-unsafe)
}

/// Throws for what could make a listener wait that is up (a FIFO, a terminal), or can be read only
/// once. What is not there is for whoever reads it to say.
void require_rereadable(const std::optional<Path>& file) {
  std::error_code error;
  if (!file || std::filesystem::is_regular_file(*file, error)) return;
  if (*file != "-" && !std::filesystem::exists(*file, error)) return;
  throw Error(Errc::unreadable_file,
              format("{} is no regular file, and is not read again", shown_input(*file)));
}

}  // namespace

ServeMaterial::ServeMaterial(const ServeFiles& files, Session& session)
    : m_files(files),
      m_session(session),
      m_others(files.revocation_cas.size()),
      m_lists(files.lists.size()) {
  m_signing.passphrase = files.ca_passphrase;
  m_signing.files = files.trust;
  read_ca();
  m_identity = obtain_identity();
  open_ledger();  // only now: the child must not inherit an open one
  for (std::size_t at = 0; at < m_others.size(); ++at) open_other(at);
  m_trust = read_trust();
  for (std::size_t at = 0; at < m_lists.size(); ++at) m_lists[at] = read_list(at);
}

void ServeMaterial::open_ledger() {
  if (m_ca) m_ledger = read_ledger(*m_ca);
}

void ServeMaterial::open_other(std::size_t at) {
  const authority::CaDirectory ca = open_further_ca(m_files.revocation_cas[at]);
  m_others[at] = {.certificate = ca.certificate(), .ledger = read_ledger(ca)};
}

std::shared_ptr<const store::Ledger> ServeMaterial::read_ledger(
    const authority::CaDirectory& ca) const {
  // A client waits for it in its handshake, and others behind that one.
  auto ledger = std::make_shared<const store::Ledger>(
      ca.read_ledger({.lock_timeout = std::min(m_files.ca.wait().value, k_patience)}));
  tell_ledger_warnings(*ledger, m_session);
  return ledger;
}

bool ServeMaterial::needs_ca() const {
  const bool asks_clients = m_files.client_auth != tls::ClientAuth::none;
  return !m_files.certificate || (asks_clients && m_files.client_cas.empty());
}

void ServeMaterial::read_ca() {
  const bool named = m_files.ca.where().source != SettingSource::built_in;
  if (!needs_ca() && !named) return;
  if (!named && !name_exists(m_files.ca.where().value / "ca.toml")) {
    throw Error(Errc::missing_value,
                "nothing says what to present and whom to trust, and there is no ./ca",
                "give --ca DIR, or --cert, --key and --client-ca");
  }
  m_ca = m_files.ca.open().with_trust(m_files.trust.trust(m_session));
  require_private(*m_ca);
}

ServeCertificateRequest ServeMaterial::certificate_request(Making making) const {
  x509::GeneralNames names = {x509::GeneralName::parse("dns:localhost"),
                              x509::GeneralName::parse("ip:127.0.0.1"),
                              x509::GeneralName::parse("ip:::1")};
  for (const x509::GeneralName& name : m_files.names) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return {.ca = *m_ca,
          .names = std::move(names),
          .signing = m_signing,
          .lock_timeout = making == Making::allowed
                              ? m_files.ca.wait().value
                              : std::min(m_files.ca.wait().value, k_patience)};
}

ServeCertificate ServeMaterial::obtain_identity() {
  if (m_files.certificate) {
    m_key_passphrase =
        HeldPassphrase::read(m_files.key_passphrase,
                             {.flag = "--key-passphrase",
                              .what = format("passphrase of {}", printable(m_files.key->native()))},
                             m_session);
    return read_identity();
  }
  ServeCertificate obtained =
      obtain_serve_certificate(certificate_request(Making::allowed), m_session);
  forget(m_files.ca_passphrase);
  if (const auto& source = m_ca->config().passphrase) forget(SecretSource::parse(*source));
  return obtained;
}

ServeCertificate ServeMaterial::read_identity() {
  if (!m_files.certificate) {
    return reread_serve_certificate(certificate_request(Making::not_now), m_session);
  }
  const std::string shown = printable(m_files.key->native());
  const SecretBytes text = read_input(*m_files.certificate);
  ServeCertificate read{
      .chain = x509::read_certificates(text.view(), shown_input(*m_files.certificate),
                                       x509::KeysBeside::allow),
      .key = read_private_key(
          *m_files.key,
          {.passphrase = m_key_passphrase.source(
               {.flag = "--key-passphrase", .what = format("passphrase of {}", shown)}, m_session),
           .legacy = crypto::LegacyKeys::refuse,
           .trust = m_files.trust.trust(m_session),
           .context = m_session.openssl(ossl::Configuration::openssl)})};
  read.chain = put_own_first(std::move(read.chain), read.key.public_key(),
                             shown_input(*m_files.certificate), m_session);
  if (!(read.chain.front().public_key() == read.key.public_key())) {
    throw Error(Errc::key_mismatch,
                format("{} is not the key of {}", shown, shown_input(*m_files.certificate)),
                "give the key that one of its certificates was issued for");
  }
  return read;
}

ClientTrust ServeMaterial::read_trust() const {
  if (m_files.client_auth == tls::ClientAuth::none) return {};
  if (m_files.client_cas.empty()) {
    return {.anchors = {m_ca->root()}, .pool = {}, .must_be_sent = m_ca->intermediates()};
  }
  std::vector<x509::Certificate> certificates;
  for (const Path& file : m_files.client_cas) {
    const SecretBytes text = read_input(file);
    for (x509::Certificate& each : x509::read_certificates(text.view(), shown_input(file))) {
      certificates.push_back(std::move(each));
    }
  }
  return sort_out(certificates);
}

verify::CrlSet ServeMaterial::read_list(std::size_t at) const {
  const Path& file = m_files.lists[at];
  const std::string shown = shown_input(file);
  const SecretBytes text = read_input(file, k_list_limit);
  verify::CrlSet lists;
  for (const x509::CertificateList& list : x509::read_certificate_lists(text.view(), shown)) {
    lists.add(list, shown);
  }
  return lists;
}

template <class Part>
void ServeMaterial::replace(Part& part, Part fresh) {
  std::swap(part, fresh);
  try {
    static_cast<void>(make_context());
  } catch (const Error&) {
    std::swap(part, fresh);
    throw;
  }
}

std::vector<Error> ServeMaterial::reload() {
  std::vector<Error> failures;
  const auto attempt = [&failures](const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      failures.push_back(error);
    }
  };
  if (m_ca) {
    attempt([this] {
      read_ca();
      open_ledger();
    });
  }
  for (std::size_t at = 0; at < m_others.size(); ++at) attempt([this, at] { open_other(at); });
  attempt([this] {
    require_rereadable(m_files.certificate);
    require_rereadable(m_files.key);
    replace(m_identity, std::optional(read_identity()));
  });
  attempt([this] {
    for (const Path& file : m_files.client_cas) require_rereadable(file);
    replace(m_trust, read_trust());
  });
  for (std::size_t at = 0; at < m_lists.size(); ++at) {
    attempt([this, at] {
      require_rereadable(m_files.lists[at]);
      m_lists[at] = read_list(at);
    });
  }
  return failures;
}

std::shared_ptr<const tls::ServerContext> ServeMaterial::make_context() {
  const ossl::Context& context = m_session.openssl(ossl::Configuration::openssl);
  auto lists = std::make_shared<verify::CrlSet>();
  for (const verify::CrlSet& of_file : m_lists) lists->add(of_file);
  Ledgers ledgers;
  if (m_ledger) ledgers.push_back(m_ledger);
  for (const OtherCa& other : m_others) ledgers.push_back(other.ledger);
  const tls::ServerSettings settings{.chain = m_identity->chain,
                                     .key = m_identity->key,
                                     .client_auth = m_files.client_auth,
                                     .minimum = m_files.minimum,
                                     .client_cas = m_trust.anchors};
  return tls::ServerContext::make(
      settings,
      std::make_shared<const ServeJudge>(m_trust, std::move(lists), std::move(ledgers),
                                         m_session.clock(), context),
      context);
}

std::vector<std::string> ServeMaterial::warnings() const {
  std::vector<std::string> warnings;
  const x509::Validity validity = certificate().validity();
  if (!validity.contains(m_session.clock().now())) {
    warnings.push_back(format("the listener's certificate is valid from {} to {}, which is not now",
                              to_rfc3339(validity.not_before), to_rfc3339(validity.not_after)));
  }
  const auto is_known = [this](const x509::Name& name) {
    const auto has_it = [&name](const x509::Certificate& ca) { return ca.subject().matches(name); };
    return std::any_of(m_trust.anchors.begin(), m_trust.anchors.end(), has_it) ||
           std::any_of(m_trust.pool.begin(), m_trust.pool.end(), has_it) ||
           std::any_of(m_trust.must_be_sent.begin(), m_trust.must_be_sent.end(), has_it);
  };
  for (std::size_t at = 0; at < m_lists.size(); ++at) {
    for (const x509::Name& issuer : m_lists[at].issuers()) {
      if (is_known(issuer)) continue;
      warnings.push_back(
          format("{}: the list by {} is not by a CA given here; it counts only for "
                 "clients that send that CA's certificate",
                 shown_input(m_files.lists[at]), issuer.to_text()));
    }
  }
  for (std::size_t at = 0; at < m_others.size(); ++at) {
    if (is_known(m_others[at].certificate->subject())) continue;
    warnings.push_back(
        format("{}: {} is not a CA given here; its ledger counts only for clients "
               "that send that CA's certificate",
               printable(m_files.revocation_cas[at].native()),
               m_others[at].certificate->subject().to_text()));
  }
  return warnings;
}

}  // namespace mtls::cmd
