#include "cmd/signing_options.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "cmd/actor.hpp"

namespace mtls::cmd {
namespace {

/// The source that ca.toml names; a relative file starts beside it.
std::optional<SecretSource> configured_source(const authority::CaDirectory& ca) {
  const auto& text = ca.config().passphrase;
  if (!text) return std::nullopt;
  auto source = SecretSource::parse(*text);
  if (!source) {
    throw Error(Errc::bad_config,
                format("{}: passphrase = \"…\" is not a source",
                       printable((ca.path() / "ca.toml").native())),
                "write file:PATH, env:NAME, fd:N or prompt; never the passphrase itself");
  }
  if (source->kind() == SecretSource::Kind::file && Path(source->name()).is_relative()) {
    return SecretSource::parse("file:" + (ca.path() / source->name()).native());
  }
  return source;
}

}  // namespace

void SigningOptions::add_to(OptionSet& options) {
  options.value("--ca-passphrase", passphrase, secret_value(),
                "Where the passphrase of the CA key comes from");
  files.add_to(options);
  options.flag("--legacy-key", legacy_key,
               "Read keys encrypted in outdated ways (PBES1, RFC 1421)");
}

crypto::PrivateKey SigningOptions::load_key(const authority::CaDirectory& ca,
                                            Session& session) const {
  const auto source = passphrase ? passphrase : configured_source(ca);
  return with_passphrase_hint("--ca-passphrase", [&] {
    return ca.with_trust(files.trust(session))
        .load_key(
            passphrase_source(
                source,
                {.flag = passphrase ? "--ca-passphrase" : "passphrase in ca.toml",
                 .what = format("passphrase of the CA key in {}", printable(ca.path().native()))},
                session),
            open_key(), legacy(), session.openssl(ossl::Configuration::openssl));
  });
}

SigningCa::SigningCa(const authority::CaDirectory& ca, const SigningOptions& options,
                     std::chrono::milliseconds lock_timeout, Session& session,
                     authority::Rehearsal rehearsal)
    : m_ca(ca.with_trust(options.files.trust(session))),
      m_options(options),
      m_session(session),
      m_ledger(rehearsal == authority::Rehearsal::yes
                   ? m_ca.rehearse_ledger(lock_timeout, make_author(session))
                   : m_ca.open_ledger(lock_timeout, make_author(session))),
      m_surroundings(make_surroundings(session)) {}

void SigningCa::load() { static_cast<void>(key()); }

const crypto::PrivateKey& SigningCa::key() {
  if (!m_key) m_key = m_options.load_key(m_ca, m_session);
  return *m_key;
}

ca::Issuer& SigningCa::issuer(std::optional<crypto::Digest> digest) {
  if (!m_issuer) {
    m_signer = authority::make_signer(key(), digest);
    m_issuer = std::make_unique<ca::Issuer>(*m_signer, m_ca.chain(), m_ledger, m_surroundings);
  }
  return *m_issuer;
}

ca::Issuer::Surroundings make_surroundings(Session& session) {
  return {.clock = session.clock(),
          .trace = session.trace(),
          .context = session.openssl(ossl::Configuration::openssl),
          .actor = make_actor(session)};
}

}  // namespace mtls::cmd
