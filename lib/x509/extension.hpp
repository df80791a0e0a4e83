// Extensions (RFC 5280 section 4.2), typed: each value has `encode_…`, which makes the Extension,
// and `decode_…`, which reads extnValue and throws malformed, also for what the RFC forbids (an
// empty list, a keyUsage without a bit). An encoder throws internal for such a value. Criticality
// is the encoder's argument where the RFC leaves it open.
#pragma once

#include "der/oid.hpp"
#include "x509/general_name.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::x509 {

enum class Criticality { non_critical, critical };

/// One extension: `value` is the content of the extnValue OCTET STRING.
struct Extension {
  der::Oid id;
  Criticality criticality;
  Bytes value;
  bool operator==(const Extension& other) const = default;
};
using Extensions = std::vector<Extension>;

/// Returns the first extension with `id`, or null.
[[nodiscard]] const Extension* find(const Extensions& extensions, const der::Oid& id) noexcept;

/// Object identifiers of the extensions and purposes that the project knows.
namespace oids {
[[nodiscard]] const der::Oid& subject_key_identifier();
[[nodiscard]] const der::Oid& key_usage();
[[nodiscard]] const der::Oid& subject_alt_name();
[[nodiscard]] const der::Oid& issuer_alt_name();
[[nodiscard]] const der::Oid& basic_constraints();
[[nodiscard]] const der::Oid& name_constraints();
[[nodiscard]] const der::Oid& crl_distribution_points();
[[nodiscard]] const der::Oid& certificate_policies();
[[nodiscard]] const der::Oid& any_policy();
[[nodiscard]] const der::Oid& authority_key_identifier();
[[nodiscard]] const der::Oid& extended_key_usage();
[[nodiscard]] const der::Oid& any_extended_key_usage();
[[nodiscard]] const der::Oid& authority_info_access();
[[nodiscard]] const der::Oid& server_auth();
[[nodiscard]] const der::Oid& client_auth();
[[nodiscard]] const der::Oid& crl_number();
[[nodiscard]] const der::Oid& ocsp();        // accessMethod id-ad-ocsp
[[nodiscard]] const der::Oid& ca_issuers();  // accessMethod id-ad-caIssuers
[[nodiscard]] const der::Oid& common_name();
[[nodiscard]] const der::Oid& email_address();
[[nodiscard]] const der::Oid& user_principal_name();
}  // namespace oids

/// Returns the usual name of an extension, purpose or access method ("subjectAltName",
/// "clientAuth"), else dotted decimal.
[[nodiscard]] std::string oid_name(const der::Oid& id);
/// Reads such a name or dotted decimal.
[[nodiscard]] std::optional<der::Oid> find_oid(std::string_view word);

// --- basicConstraints (4.2.1.9) ---
struct BasicConstraints {
  enum class Subject { end_entity, ca };
  Subject subject;
  std::optional<unsigned> path_length;  // only for a CA
  bool operator==(const BasicConstraints& other) const = default;
};
[[nodiscard]] Extension encode(const BasicConstraints& value, Criticality criticality);
[[nodiscard]] BasicConstraints decode_basic_constraints(ByteView value);

// --- keyUsage (4.2.1.3) ---
enum class KeyUsageBit : unsigned {
  digital_signature = 0,
  content_commitment = 1,
  key_encipherment = 2,
  data_encipherment = 3,
  key_agreement = 4,
  key_cert_sign = 5,
  crl_sign = 6,
  encipher_only = 7,
  decipher_only = 8,
};
/// A set of key usage bits.
class KeyUsage final {
 public:
  KeyUsage() = default;
  KeyUsage(std::initializer_list<KeyUsageBit> bits) {
    for (const KeyUsageBit bit : bits) add(bit);
  }
  void add(KeyUsageBit bit) noexcept { m_bits |= 1U << static_cast<unsigned>(bit); }
  [[nodiscard]] bool has(KeyUsageBit bit) const noexcept {
    return (m_bits >> static_cast<unsigned>(bit) & 1U) != 0;
  }
  [[nodiscard]] bool empty() const noexcept { return m_bits == 0; }
  bool operator==(const KeyUsage& other) const = default;

 private:
  unsigned m_bits = 0;
};
/// RFC 5280's words, "digitalSignature", in the order of the bits.
[[nodiscard]] std::vector<std::string> names(const KeyUsage& usage);
[[nodiscard]] std::optional<KeyUsageBit> parse_key_usage_bit(std::string_view word) noexcept;
[[nodiscard]] Extension encode(const KeyUsage& value, Criticality criticality);
[[nodiscard]] KeyUsage decode_key_usage(ByteView value);

// --- extKeyUsage (4.2.1.12) ---
[[nodiscard]] Extension encode_extended_key_usage(const std::vector<der::Oid>& purposes,
                                                  Criticality criticality);
[[nodiscard]] std::vector<der::Oid> decode_extended_key_usage(ByteView value);

// --- subjectKeyIdentifier (4.2.1.2), authorityKeyIdentifier (4.2.1.1); never critical ---
[[nodiscard]] Extension encode_subject_key_identifier(ByteView key_identifier);
[[nodiscard]] Bytes decode_subject_key_identifier(ByteView value);
struct AuthorityKeyIdentifier {
  std::optional<Bytes> key_identifier;
  GeneralNames issuer;                 // authorityCertIssuer
  std::optional<Bytes> serial_number;  // authorityCertSerialNumber's content
};
[[nodiscard]] Extension encode_authority_key_identifier(ByteView key_identifier);
[[nodiscard]] AuthorityKeyIdentifier decode_authority_key_identifier(ByteView value);

// --- subjectAltName (4.2.1.6): critical exactly where the subject is empty ---
[[nodiscard]] Extension encode_subject_alt_name(const GeneralNames& names, Criticality criticality);
[[nodiscard]] GeneralNames decode_subject_alt_name(ByteView value);

// --- nameConstraints (4.2.1.10): critical, minimum 0, no maximum ---
struct NameConstraints {
  GeneralNames permitted;
  GeneralNames excluded;
  [[nodiscard]] bool empty() const noexcept { return permitted.empty() && excluded.empty(); }
};
[[nodiscard]] Extension encode(const NameConstraints& value);
[[nodiscard]] NameConstraints decode_name_constraints(ByteView value);

// --- certificatePolicies (4.2.1.4): identifiers only; qualifiers are skipped on reading ---
[[nodiscard]] Extension encode_certificate_policies(const std::vector<der::Oid>& policies,
                                                    Criticality criticality);
[[nodiscard]] std::vector<der::Oid> decode_certificate_policies(ByteView value);

// --- cRLDistributionPoints (4.2.1.13): full names that are URIs ---
/// Several URIs are places of one and the same CRL: the names of one distribution point.
[[nodiscard]] Extension encode_crl_distribution_points(const std::vector<std::string>& uris);
[[nodiscard]] std::vector<std::string> decode_crl_distribution_points(ByteView value);

// --- authorityInfoAccess (4.2.2.1) ---
struct AuthorityInfoAccess {
  std::vector<std::string> ocsp;
  std::vector<std::string> ca_issuers;
};
[[nodiscard]] Extension encode(const AuthorityInfoAccess& value);
[[nodiscard]] AuthorityInfoAccess decode_authority_info_access(ByteView value);

/// Reads Extensions (the SEQUENCE inside [3], or a CSR's extensionRequest value). Throws malformed:
/// an empty list, the same extension twice. A default that DER leaves out and this list writes out
/// (critical FALSE, CA:FALSE, a subtree's minimum 0) hides nothing: OpenSSL and GnuTLS read it, and
/// a sentence on it is added to `faults`.
[[nodiscard]] Extensions read_extensions(ByteView der, std::string_view what,
                                         std::vector<std::string>& faults);
void write_extensions(der::Writer& writer, const Extensions& extensions);

/// Returns one line that shows the value of any extension ("CA:FALSE", "dns:a.example,
/// ip:10.0.0.1"), hex for those not known, "malformed" where it cannot be read. Safe to show.
[[nodiscard]] std::string describe(const Extension& extension);

}  // namespace mtls::x509
