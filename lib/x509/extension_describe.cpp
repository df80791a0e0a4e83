// Extensions in words: one line each, safe to show.
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "x509/extension.hpp"
#include "x509/serial_number.hpp"

#include <array>

namespace mtls::x509 {
namespace {

using der::Reader;

std::string join(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts) {
    if (!line.empty()) line += ", ";
    line += part;
  }
  return line;
}

/// The text of a name in a list joined by ", ", which must not look like two names
/// (CVE-2021-44532). `to_text` sees to that but for the values inside a directory name, which may
/// hold those two octets.
std::string describe(const GeneralName& name) {
  std::string text;
  for (const char c : name.to_text()) {
    if (c == ' ' && text.ends_with(',')) {
      text += "\\x20";
    } else {
      text += c;
    }
  }
  return text;
}

std::string describe(const GeneralNames& names) {
  std::vector<std::string> parts;
  parts.reserve(names.size());
  for (const GeneralName& name : names) parts.push_back(describe(name));
  return join(parts);
}

std::string describe_uris(const std::vector<std::string>& uris) {
  std::vector<std::string> parts;
  parts.reserve(uris.size());
  for (const std::string& uri : uris) parts.push_back(describe(GeneralName::uri(uri)));
  return join(parts);
}

std::string describe_oids(const std::vector<der::Oid>& ids) {
  std::vector<std::string> parts;
  parts.reserve(ids.size());
  for (const der::Oid& id : ids) parts.push_back(oid_name(id));
  return join(parts);
}

std::string show_general_names(ByteView value) {
  return describe(read_general_names(value, "extension"));
}

std::string show_basic_constraints(ByteView value) {
  const BasicConstraints constraints = decode_basic_constraints(value);
  if (constraints.subject == BasicConstraints::Subject::end_entity) return "CA:FALSE";
  if (!constraints.path_length) return "CA:TRUE";
  return format("CA:TRUE, path length {}", *constraints.path_length);
}

std::string show_key_usage(ByteView value) { return join(names(decode_key_usage(value))); }

std::string show_extended_key_usage(ByteView value) {
  return describe_oids(decode_extended_key_usage(value));
}

std::string show_subject_key_identifier(ByteView value) {
  return to_colon_hex(decode_subject_key_identifier(value));
}

std::string show_authority_key_identifier(ByteView value) {
  const AuthorityKeyIdentifier identifier = decode_authority_key_identifier(value);
  std::vector<std::string> parts;
  if (identifier.key_identifier) parts.push_back(to_colon_hex(*identifier.key_identifier));
  if (!identifier.issuer.empty()) parts.push_back("issuer " + describe(identifier.issuer));
  if (identifier.serial_number) {
    parts.push_back("serial " + SerialNumber::from_content(*identifier.serial_number).to_text());
  }
  return parts.empty() ? "none" : join(parts);
}

std::string show_name_constraints(ByteView value) {
  const NameConstraints constraints = decode_name_constraints(value);
  std::string line;
  if (!constraints.permitted.empty()) line = "permitted " + describe(constraints.permitted);
  if (!constraints.excluded.empty()) {
    if (!line.empty()) line += "; ";
    line += "excluded " + describe(constraints.excluded);
  }
  return line;
}

std::string show_certificate_policies(ByteView value) {
  return describe_oids(decode_certificate_policies(value));
}

std::string show_crl_distribution_points(ByteView value) {
  const auto uris = decode_crl_distribution_points(value);
  return uris.empty() ? "without a URI" : describe_uris(uris);
}

std::string show_authority_info_access(ByteView value) {
  const AuthorityInfoAccess access = decode_authority_info_access(value);
  std::vector<std::string> parts;
  if (!access.ocsp.empty()) parts.push_back("ocsp " + describe_uris(access.ocsp));
  if (!access.ca_issuers.empty()) {
    parts.push_back("caIssuers " + describe_uris(access.ca_issuers));
  }
  return parts.empty() ? "without a URI" : join(parts);
}

/// An INTEGER of any size (RFC 5280 sections 5.2.3 and 5.2.4: CRL numbers have up to 20 octets).
std::string show_number(ByteView value) {
  Reader reader(value, "number");
  const ByteView content = reader.integer();
  reader.end();
  if (content.size() <= 8 && content[0] < 0x80) {
    return format("{}", Reader(value, "number").small_integer());
  }
  return "0x" + SerialNumber::from_content(content).to_text();
}

std::string show_null(ByteView value) {
  Reader reader(value, "extension");
  reader.null();
  reader.end();
  return "present";
}

std::string show_comment(ByteView value) {
  Reader reader(value, "comment");
  const der::Element text = reader.element(der::tag::ia5_string);
  reader.end();
  return printable(as_text(text.content));
}

/// TLSFeature (RFC 7633): numbers of TLS extensions.
std::string show_tls_feature(ByteView value) {
  Reader reader(value, "tlsFeature");
  Reader list = reader.into(der::tag::sequence);
  reader.end();
  std::vector<std::string> parts;
  while (!list.at_end()) {
    const std::uint64_t feature = list.small_integer();
    if (feature == 5) {
      parts.emplace_back("status_request");
    } else if (feature == 17) {
      parts.emplace_back("status_request_v2");
    } else {
      parts.push_back(format("TLS extension {}", feature));
    }
  }
  return join(parts);
}

/// SEQUENCE { requireExplicitPolicy [0] INTEGER OPTIONAL, inhibitPolicyMapping [1] INTEGER OPTIONAL
/// }
std::string show_policy_constraints(ByteView value) {
  Reader whole(value, "policyConstraints");
  Reader reader = whole.into(der::tag::sequence);
  whole.end();
  if (reader.at_end()) reader.fail("an empty list");
  constexpr std::array<std::string_view, 2> k_words = {"explicit policy after",
                                                       "no policy mapping after"};
  std::vector<std::string> parts;
  for (unsigned number = 0; number < k_words.size(); ++number) {
    const auto field = reader.optional(der::tag::context(number));
    if (!field) continue;
    Bytes integer = to_bytes(field->whole);
    integer[0] = der::tag::integer;  // IMPLICIT
    parts.push_back(format("{} {} certificates", k_words[number],
                           Reader(integer, "policyConstraints").small_integer()));
  }
  reader.end();
  return join(parts);
}

/// SEQUENCE SIZE (1..MAX) OF SEQUENCE { issuerDomainPolicy, subjectDomainPolicy }
std::string show_policy_mappings(ByteView value) {
  Reader whole(value, "policyMappings");
  Reader list = whole.into(der::tag::sequence);
  whole.end();
  if (list.at_end()) list.fail("an empty list");
  std::vector<std::string> parts;
  while (!list.at_end()) {
    Reader mapping = list.into(der::tag::sequence);
    const std::string from = oid_name(mapping.oid());
    parts.push_back(from + " to " + oid_name(mapping.oid()));
    mapping.end();
  }
  return join(parts);
}

struct Shower {
  der::Oid id;
  std::string (*show)(ByteView value);
};

const std::vector<Shower>& showers() {
  static const std::vector<Shower> table = {
      {oids::subject_key_identifier(), show_subject_key_identifier},
      {oids::key_usage(), show_key_usage},
      {oids::subject_alt_name(), show_general_names},
      {oids::issuer_alt_name(), show_general_names},
      {oids::basic_constraints(), show_basic_constraints},
      {oids::name_constraints(), show_name_constraints},
      {oids::crl_distribution_points(), show_crl_distribution_points},
      {oids::certificate_policies(), show_certificate_policies},
      {oids::authority_key_identifier(), show_authority_key_identifier},
      {oids::extended_key_usage(), show_extended_key_usage},
      {oids::authority_info_access(), show_authority_info_access},
      {oids::crl_number(), show_number},
      {der::oid("2.5.29.27"), show_number},                   // deltaCRLIndicator
      {der::oid("2.5.29.54"), show_number},                   // inhibitAnyPolicy
      {der::oid("2.5.29.33"), show_policy_mappings},          // policyMappings
      {der::oid("2.5.29.36"), show_policy_constraints},       // policyConstraints
      {der::oid("2.5.29.46"), show_crl_distribution_points},  // freshestCRL
      {der::oid("1.3.6.1.5.5.7.1.24"), show_tls_feature},     // tlsFeature
      {der::oid("1.3.6.1.5.5.7.48.1.5"), show_null},          // ocspNoCheck
      {der::oid("2.16.840.1.113730.1.13"), show_comment},     // nsComment
  };
  return table;
}

}  // namespace

std::string describe(const Extension& extension) {
  for (const Shower& shower : showers()) {
    if (shower.id != extension.id) continue;
    try {
      return shower.show(extension.value);
    } catch (const Error& error) {
      if (error.code() != Errc::malformed) throw;
      return "malformed";
    }
  }
  return to_hex(extension.value);
}

}  // namespace mtls::x509
