// What `probe` shows to a listener: the good identity, those that the user brings, and those that a
// CA signs for it.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/identity_files.hpp"
#include "cmd/probe_minting.hpp"
#include "cmd/probe_odd_certificates.hpp"
#include "cmd/secret_source.hpp"
#include "cmd/signing_options.hpp"
#include "probe/identity_source.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mtls::cmd {

/// ID=CERT,KEY.
struct NamedIdentity {
  probe::Id id;
  IdentityFiles files;
};

struct ProbeIdentityOptions {
  std::optional<Path> certificate;
  std::optional<Path> key;
  std::optional<SecretSource> key_passphrase;
  std::vector<NamedIdentity> named;
  std::optional<Path> revoked_certificate;
  std::optional<Path> revoked_key;
  std::optional<Path> ca;
  std::optional<Path> probe_ca;
  std::optional<std::chrono::milliseconds> lock_timeout;
  SigningOptions signing;

  void add_good_to(OptionSet& options);
  void add_more_to(OptionSet& options);
  /// Throws usage for halves that lack the other one.
  void check() const;
  /// Whether the user gave an identity for `id`.
  [[nodiscard]] bool offers(probe::Id id) const;
};

/// Reads what the options name at once; lets a CA sign only when asked.
class ProbeIdentities final : public probe::IdentitySource {
 public:
  /// Throws unreadable_file, malformed, key_mismatch … for what is named and not good.
  ProbeIdentities(const ProbeIdentityOptions& options, Session& session);

  [[nodiscard]] const std::optional<tls::Identity>& good() const noexcept { return m_good; }
  /// The root of --ca.
  [[nodiscard]] std::optional<x509::Certificate> ca_root() const;

  [[nodiscard]] std::optional<tls::Identity> find(probe::Id id) override;

 private:
  [[nodiscard]] tls::Identity read(const IdentityFiles& files) const;

  const ProbeIdentityOptions& m_options;
  Session& m_session;
  std::optional<tls::Identity> m_good;
  std::map<probe::Id, tls::Identity> m_given;
  std::optional<ProbeMint> m_mint;                     // --ca, else --probe-ca
  std::optional<authority::CaDirectory> m_throw_away;  // --probe-ca
  std::optional<OddCertificates> m_odd;
};

}  // namespace mtls::cmd
