// What the user says of the listener that is to be configured.
#pragma once

#include "base/host_port.hpp"
#include "render/target.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

/// A text that was checked against `Form` (which has `static bool accepts(std::string_view)`), so
/// that whoever has one need not look again.
template <class Form>
class Checked final {
 public:
  [[nodiscard]] static std::optional<Checked> parse(std::string_view text) {
    if (!Form::accepts(text)) return std::nullopt;
    return Checked(std::string(text));
  }
  [[nodiscard]] const std::string& text() const noexcept { return m_text; }
  bool operator==(const Checked& other) const = default;

 private:
  explicit Checked(std::string text) : m_text(std::move(text)) {}
  std::string m_text;
};

struct CloudIdForm {
  static bool accepts(std::string_view text);
};
struct ObjectNameForm {
  static bool accepts(std::string_view text);
};
struct AlbNameForm {
  static bool accepts(std::string_view text);
};
struct HostForm {
  static bool accepts(std::string_view text);
};
struct HeaderAliasForm {
  static bool accepts(std::string_view text);
};

/// An id of Alibaba Cloud: 1 to 128 of [A-Za-z0-9_-].
using CloudId = Checked<CloudIdForm>;
/// The name of a Kubernetes object: an RFC 1123 label, at most 63 of [a-z0-9-].
using ObjectName = Checked<ObjectNameForm>;
/// The name of an ALB: 2 to 128 letters, digits and ._- beginning with a letter.
using AlbName = Checked<AlbNameForm>;
/// A host name (LDH) or an IP address without brackets.
using Host = Checked<HostForm>;
/// The other name of a header of ALB: 1 to 40 of [A-Za-z0-9_-].
using HeaderAlias = Checked<HeaderAliasForm>;

enum class AddressType { internet, intranet };
enum class Edition { basic, standard, standard_with_waf };
enum class Protocol { https, http, quic };

/// What of the client's certificate ALB tells the back end.
enum class CertHeader { subject_dn, issuer_dn, fingerprint, client_verify };
struct ClientCertHeader {
  CertHeader header = CertHeader::subject_dn;
  std::optional<HeaderAlias> alias;

  /// Reads "subjectdn", "issuerdn", "fingerprint" or "clientverify", with "=ALIAS" or without;
  /// nothing for another word. Throws usage for an alias that ALB does not take.
  [[nodiscard]] static std::optional<ClientCertHeader> parse(std::string_view text);
};

/// The listener itself. Paths are as the server will see them, absolute where the user did not say
/// otherwise.
struct ListenerSettings {
  std::vector<Host> hosts;  // the first stands in the probe's URL
  std::optional<HostPort> listen;
  std::optional<std::string> server_certificate;
  std::optional<std::string> server_key;
  std::optional<HostPort> backend;
  std::optional<std::string> trust_file;  // instead of the CA directory's
  std::optional<std::string> crl_file;
  std::optional<unsigned> verify_depth;  // intermediates, as VerifyDepth counts
};

/// What proves it, wherever that is run.
struct ProofSettings {
  std::optional<std::string> client_certificate;
  std::optional<std::string> client_key;
  std::optional<std::string> server_trust;  // a file, or "system"
  std::optional<ResolveEntry> resolve;
};

struct KubernetesSettings {
  std::optional<ObjectName> name;
  std::optional<ObjectName> object_namespace;
  std::optional<std::string> image;
  std::optional<ObjectName> ingress_class;
};

struct AlbSettings {
  std::optional<AlbName> name;
  std::optional<AddressType> address_type;
  std::optional<Edition> edition;
  std::vector<CloudId> vswitches;
  std::optional<std::uint16_t> port;
  std::optional<Protocol> protocol;
  bool quic_upgrade = false;
  std::optional<CloudId> server_certificate_id;
  std::vector<CloudId> ca_certificate_ids;
  std::optional<CloudId> security_policy;
  std::vector<ClientCertHeader> client_cert_headers;
  std::optional<CloudId> listener_id;
  std::optional<CloudId> warehouse_id;
  std::optional<CloudId> region;
};

/// All that can be said; which of it a target takes, and needs, `check_settings` knows.
struct Settings {
  ListenerSettings listener;
  ProofSettings proof;
  KubernetesSettings kubernetes;
  AlbSettings alb;
};

/// Whether --verify-depth, or what stands for it, goes into what is rendered for `target`.
[[nodiscard]] bool takes_verify_depth(Target target) noexcept;

/// Throws usage for a setting that `target` has no use for, so that nothing is left out in silence,
/// and missing_value, naming all of them, for those that it cannot do without.
void check_settings(Target target, const Settings& settings);

}  // namespace mtls::render
