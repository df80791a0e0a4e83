#include "x509/extension.hpp"

#include <algorithm>

namespace mtls::x509 {
namespace oids {

const der::Oid& subject_key_identifier() {
  static const der::Oid id = der::oid("2.5.29.14");
  return id;
}
const der::Oid& key_usage() {
  static const der::Oid id = der::oid("2.5.29.15");
  return id;
}
const der::Oid& subject_alt_name() {
  static const der::Oid id = der::oid("2.5.29.17");
  return id;
}
const der::Oid& issuer_alt_name() {
  static const der::Oid id = der::oid("2.5.29.18");
  return id;
}
const der::Oid& basic_constraints() {
  static const der::Oid id = der::oid("2.5.29.19");
  return id;
}
const der::Oid& crl_number() {
  static const der::Oid id = der::oid("2.5.29.20");
  return id;
}
const der::Oid& name_constraints() {
  static const der::Oid id = der::oid("2.5.29.30");
  return id;
}
const der::Oid& crl_distribution_points() {
  static const der::Oid id = der::oid("2.5.29.31");
  return id;
}
const der::Oid& certificate_policies() {
  static const der::Oid id = der::oid("2.5.29.32");
  return id;
}
const der::Oid& any_policy() {
  static const der::Oid id = der::oid("2.5.29.32.0");
  return id;
}
const der::Oid& authority_key_identifier() {
  static const der::Oid id = der::oid("2.5.29.35");
  return id;
}
const der::Oid& extended_key_usage() {
  static const der::Oid id = der::oid("2.5.29.37");
  return id;
}
const der::Oid& any_extended_key_usage() {
  static const der::Oid id = der::oid("2.5.29.37.0");
  return id;
}
const der::Oid& authority_info_access() {
  static const der::Oid id = der::oid("1.3.6.1.5.5.7.1.1");
  return id;
}
const der::Oid& server_auth() {
  static const der::Oid id = der::oid("1.3.6.1.5.5.7.3.1");
  return id;
}
const der::Oid& client_auth() {
  static const der::Oid id = der::oid("1.3.6.1.5.5.7.3.2");
  return id;
}
const der::Oid& ocsp() {
  static const der::Oid id = der::oid("1.3.6.1.5.5.7.48.1");
  return id;
}
const der::Oid& ca_issuers() {
  static const der::Oid id = der::oid("1.3.6.1.5.5.7.48.2");
  return id;
}
const der::Oid& common_name() {
  static const der::Oid id = der::oid("2.5.4.3");
  return id;
}
const der::Oid& email_address() {
  static const der::Oid id = der::oid("1.2.840.113549.1.9.1");
  return id;
}
const der::Oid& user_principal_name() {
  static const der::Oid id = der::oid("1.3.6.1.4.1.311.20.2.3");
  return id;
}

}  // namespace oids

namespace {

struct NamedOid {
  std::string_view name;
  der::Oid id;
};

/// Names as RFC 5280 and its successors spell them; for Microsoft's and Netscape's, as openssl
/// does.
// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<NamedOid>& named_oids() {
  static const std::vector<NamedOid> table = {
      // extensions
      {"subjectDirectoryAttributes", der::oid("2.5.29.9")},
      {"subjectKeyIdentifier", oids::subject_key_identifier()},
      {"keyUsage", oids::key_usage()},
      {"privateKeyUsagePeriod", der::oid("2.5.29.16")},
      {"subjectAltName", oids::subject_alt_name()},
      {"issuerAltName", oids::issuer_alt_name()},
      {"basicConstraints", oids::basic_constraints()},
      {"cRLNumber", oids::crl_number()},
      {"cRLReason", der::oid("2.5.29.21")},
      {"invalidityDate", der::oid("2.5.29.24")},
      {"deltaCRLIndicator", der::oid("2.5.29.27")},
      {"issuingDistributionPoint", der::oid("2.5.29.28")},
      {"certificateIssuer", der::oid("2.5.29.29")},
      {"nameConstraints", oids::name_constraints()},
      {"cRLDistributionPoints", oids::crl_distribution_points()},
      {"certificatePolicies", oids::certificate_policies()},
      {"anyPolicy", oids::any_policy()},
      {"policyMappings", der::oid("2.5.29.33")},
      {"authorityKeyIdentifier", oids::authority_key_identifier()},
      {"policyConstraints", der::oid("2.5.29.36")},
      {"extendedKeyUsage", oids::extended_key_usage()},
      {"anyExtendedKeyUsage", oids::any_extended_key_usage()},
      {"freshestCRL", der::oid("2.5.29.46")},
      {"inhibitAnyPolicy", der::oid("2.5.29.54")},
      {"authorityInfoAccess", oids::authority_info_access()},
      {"subjectInfoAccess", der::oid("1.3.6.1.5.5.7.1.11")},
      {"tlsFeature", der::oid("1.3.6.1.5.5.7.1.24")},
      {"ocspNoCheck", der::oid("1.3.6.1.5.5.7.48.1.5")},
      {"signedCertificateTimestamps", der::oid("1.3.6.1.4.1.11129.2.4.2")},
      {"precertificatePoison", der::oid("1.3.6.1.4.1.11129.2.4.3")},
      {"nsCertType", der::oid("2.16.840.1.113730.1.1")},
      {"nsComment", der::oid("2.16.840.1.113730.1.13")},
      {"smimeCapabilities", der::oid("1.2.840.113549.1.9.15")},
      {"msCertificateTemplateName", der::oid("1.3.6.1.4.1.311.20.2")},
      {"msCertificateTemplate", der::oid("1.3.6.1.4.1.311.21.7")},
      {"msApplicationPolicies", der::oid("1.3.6.1.4.1.311.21.10")},
      // purposes
      {"serverAuth", oids::server_auth()},
      {"clientAuth", oids::client_auth()},
      {"codeSigning", der::oid("1.3.6.1.5.5.7.3.3")},
      {"emailProtection", der::oid("1.3.6.1.5.5.7.3.4")},
      {"ipsecEndSystem", der::oid("1.3.6.1.5.5.7.3.5")},
      {"ipsecTunnel", der::oid("1.3.6.1.5.5.7.3.6")},
      {"ipsecUser", der::oid("1.3.6.1.5.5.7.3.7")},
      {"timeStamping", der::oid("1.3.6.1.5.5.7.3.8")},
      {"OCSPSigning", der::oid("1.3.6.1.5.5.7.3.9")},
      {"ipsecIKE", der::oid("1.3.6.1.5.5.7.3.17")},
      {"msSmartcardLogin", der::oid("1.3.6.1.4.1.311.20.2.2")},
      {"pkInitClientAuth", der::oid("1.3.6.1.5.2.3.4")},
      {"pkInitKDC", der::oid("1.3.6.1.5.2.3.5")},
      // access methods
      {"ocsp", oids::ocsp()},
      {"caIssuers", oids::ca_issuers()},
      {"caRepository", der::oid("1.3.6.1.5.5.7.48.5")},
      // attributes of requests
      {"unstructuredName", der::oid("1.2.840.113549.1.9.2")},
      {"challengePassword", der::oid("1.2.840.113549.1.9.7")},
      {"extensionRequest", der::oid("1.2.840.113549.1.9.14")},
      {"unstructuredAddress", der::oid("1.2.840.113549.1.9.8")},
      {"msExtensionRequest", der::oid("1.3.6.1.4.1.311.2.1.14")},
      {"msOSVersion", der::oid("1.3.6.1.4.1.311.13.2.3")},
      {"msEnrollmentCSPProvider", der::oid("1.3.6.1.4.1.311.13.2.2")},
      {"msRequestClientInfo", der::oid("1.3.6.1.4.1.311.21.20")},
      // signatures that are not accepted, or by libcrypto alone
      {"md5WithRSAEncryption", der::oid("1.2.840.113549.1.1.4")},
      {"sha1WithRSAEncryption", der::oid("1.2.840.113549.1.1.5")},
      {"sha224WithRSAEncryption", der::oid("1.2.840.113549.1.1.14")},
      {"RSASSA-PSS", der::oid("1.2.840.113549.1.1.10")},
      {"ecdsa-with-SHA1", der::oid("1.2.840.10045.4.1")},
      {"ecdsa-with-SHA224", der::oid("1.2.840.10045.4.3.1")},
      // names of other kinds
      {"userPrincipalName", oids::user_principal_name()},
  };
  return table;
}

}  // namespace

std::string oid_name(const der::Oid& id) {
  const auto& table = named_oids();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&id](const NamedOid& named) { return named.id == id; });
  return found == table.end() ? id.to_dotted() : std::string(found->name);
}

std::optional<der::Oid> find_oid(std::string_view word) {
  const auto& table = named_oids();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [word](const NamedOid& named) { return named.name == word; });
  return found == table.end() ? der::Oid::parse(word) : std::optional(found->id);
}

}  // namespace mtls::x509
