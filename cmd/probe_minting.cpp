#include "cmd/probe_minting.hpp"

#include "base/error.hpp"
#include "cmd/ca_options.hpp"
#include "profile/catalogue.hpp"

namespace mtls::cmd {
namespace {

namespace oids = x509::oids;
constexpr std::chrono::seconds k_window{59};  // both ends belong to it: a minute

/// A key like the good one's, so that nothing is refused for the kind of its key.
crypto::KeySpec key_like(const tls::Identity& good) {
  constexpr unsigned k_rsa_bits = 2048;
  const auto spec = good.key.public_key().spec();
  if (!spec) return crypto::KeySpec::ec(crypto::Curve::p256);
  return spec->type() == crypto::KeyType::rsa ? crypto::KeySpec::rsa(k_rsa_bits) : *spec;
}

}  // namespace

ProbeMint::ProbeMint(const Path& directory, const SigningOptions& signing,
                     std::chrono::milliseconds lock_timeout, Session& session)
    : m_directory(open_named_ca(directory)),
      m_signing(signing),
      m_lock_timeout(lock_timeout),
      m_session(session) {}

std::optional<ca::Request> ProbeMint::make_request(probe::Id id,
                                                   const crypto::PublicKey& key) const {
  const x509::Validity& life = m_directory.certificate().validity();
  ca::Request request{.public_key = key};
  request.purposes = std::vector{oids::client_auth()};
  switch (id) {
    case probe::Id::e1:
      request.window = x509::Validity{life.not_before, life.not_before + k_window};
      // A CA of less than a minute has no past to have issued in.
      if (m_session.clock().now() <= request.window->not_after) return std::nullopt;
      return request;
    case probe::Id::e2:
      request.window = x509::Validity{life.not_after - k_window, life.not_after};
      return request;
    case probe::Id::e3:
      request.purposes = std::vector{oids::server_auth()};
      return request;
    default:
      return std::nullopt;
  }
}

std::optional<x509::Certificate> ProbeMint::issue(const ca::Request& request) {
  if (!m_ca) m_ca = std::make_unique<SigningCa>(m_directory, m_signing, m_lock_timeout, m_session);
  const profile::Profile profile = profile::Catalogue().load("probe", profile::ProfileUse::probe);
  ca::Issuer& issuer = m_ca->issuer(profile.digest);
  std::vector<ca::Prepared> prepared;
  try {
    prepared = issuer.prepare({&request, 1}, profile);
  } catch (const Error& error) {
    if (error.code() != Errc::constraint_violated) throw;
    m_session.messages().warning(error.message(), "an attempt is left out: E1, E2 or E3");
    return std::nullopt;
  }
  return issuer.issue(std::move(prepared), ca::Standing::revoked).front().certificate;
}

std::optional<tls::Identity> ProbeMint::find(probe::Id id, const tls::Identity& good) {
  if (id < probe::Id::e1 || id > probe::Id::e3) return std::nullopt;
  if (!m_key) {
    m_key = crypto::PrivateKey::generate(key_like(good), crypto::Keygen::standard,
                                         m_session.openssl(ossl::Configuration::openssl));
  }
  const auto request = make_request(id, m_key->public_key());
  if (!request) return std::nullopt;
  const auto certificate = issue(*request);
  if (!certificate) return std::nullopt;
  tls::Identity identity{.chain = {*certificate}, .key = *m_key};
  for (const x509::Certificate& above : m_directory.intermediates()) {
    identity.chain.push_back(above);
  }
  return identity;
}

}  // namespace mtls::cmd
