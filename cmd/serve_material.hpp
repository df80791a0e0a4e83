// The files of a listener: its certificate, whom it trusts, what is revoked. Read at the start, and
// again on SIGHUP.
#pragma once

#include "base/file.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/key_options.hpp"
#include "cmd/serve_certificate.hpp"
#include "cmd/serve_judge.hpp"
#include "tls/server_context.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mtls::cmd {

/// Where they are, as the flags say.
struct ServeFiles {
  CaOptions ca;
  std::optional<SecretSource> ca_passphrase;
  TrustOptions trust;
  std::optional<Path> certificate;
  std::optional<Path> key;
  std::optional<SecretSource> key_passphrase;
  std::vector<Path> client_cas;
  std::vector<Path> lists;
  std::vector<Path> revocation_cas;  // whose ledgers are asked beside that of --ca
  x509::GeneralNames names;          // further ones of the certificate that is made
  tls::ClientAuth client_auth = tls::ClientAuth::require;
  tls::MinimumVersion minimum = tls::MinimumVersion::tls1_2;
};

/// What was read. `reload` reads each part again by itself: one that cannot be read stays as it
/// was.
class ServeMaterial final {
 public:
  /// Reads everything; may make the listener's certificate (in a child process, so this comes
  /// before anything is listened to). `files` and `session` outlive this. Throws what reading does,
  /// missing_value where nothing says what to present or whom to trust, key_mismatch,
  /// open_permissions.
  ServeMaterial(const ServeFiles& files, Session& session);

  /// Returns what could not be read again; empty if everything was.
  [[nodiscard]] std::vector<Error> reload();
  /// A new context of what is held now, with ticket keys of its own.
  [[nodiscard]] std::shared_ptr<const tls::ServerContext> make_context();

  [[nodiscard]] const x509::Certificate& certificate() const { return m_identity->chain.front(); }
  /// Whether the certificate is one that the CA makes for `serve`.
  [[nodiscard]] bool makes_certificate() const noexcept { return !m_files.certificate; }
  /// Things a person should know: a list that names no CA that is trusted, an expired certificate.
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  enum class Making { allowed, not_now };

  void read_ca();
  void open_ledger();
  void open_other(std::size_t at);
  [[nodiscard]] std::shared_ptr<const store::Ledger> read_ledger(
      const authority::CaDirectory& ca) const;
  [[nodiscard]] ServeCertificate obtain_identity();
  [[nodiscard]] ServeCertificate read_identity();
  [[nodiscard]] ClientTrust read_trust() const;
  [[nodiscard]] verify::CrlSet read_list(std::size_t at) const;
  /// Puts `fresh` in the place of `part`, unless libssl cannot serve what there is then.
  template <class Part>
  void replace(Part& part, Part fresh);
  [[nodiscard]] bool needs_ca() const;
  [[nodiscard]] ServeCertificateRequest certificate_request(Making making) const;

  const ServeFiles& m_files;
  Session& m_session;
  HeldPassphrase m_key_passphrase;
  SigningOptions m_signing;
  std::optional<authority::CaDirectory> m_ca;
  std::shared_ptr<const store::Ledger> m_ledger;
  /// A CA of --revocation-ca, by its place among them.
  struct OtherCa {
    std::optional<x509::Certificate> certificate;
    std::shared_ptr<const store::Ledger> ledger;
  };
  std::vector<OtherCa> m_others;
  std::optional<ServeCertificate> m_identity;
  ClientTrust m_trust;
  std::vector<verify::CrlSet> m_lists;  // by file
};

}  // namespace mtls::cmd
