// [[extensions.further]]: extensions that the profile spells as DER.
#include "base/format.hpp"
#include "der/reader.hpp"
#include "profile/section.hpp"

#include <algorithm>

namespace mtls::profile {
namespace {

constexpr std::size_t k_most_extensions = 32;
constexpr std::size_t k_longest_value = 4096;

struct Reserved {
  der::Oid id;
  std::string_view instead;
};

/// Extensions that are made from other keys, from the key or from the request; and those whose
/// presence would be a lie: they belong into CRLs, or are Certificate Transparency's.
const std::vector<Reserved>& reserved_extensions() {
  namespace oids = x509::oids;
  static const std::vector<Reserved> table = {
      {oids::subject_key_identifier(), "every certificate gets it from its key"},
      {oids::authority_key_identifier(), "every certificate gets it from its issuer"},
      {oids::key_usage(), "use extensions.key_usage"},
      {oids::extended_key_usage(), "use extensions.extended_key_usage"},
      {oids::basic_constraints(), "use role and extensions.path_length"},
      {oids::subject_alt_name(), "it comes from the request, held to [san]"},
      {oids::name_constraints(), "use [extensions.name_constraints]"},
      {oids::certificate_policies(), "use extensions.certificate_policies"},
      {oids::crl_distribution_points(), "use extensions.crl_urls"},
      {oids::authority_info_access(), "use extensions.ocsp_urls and ca_issuers_urls"},
      {oids::crl_number(), "it belongs into CRLs"},
      {der::oid("2.5.29.21"), "it belongs into CRLs"},
      {der::oid("2.5.29.24"), "it belongs into CRLs"},
      {der::oid("2.5.29.27"), "it belongs into CRLs"},
      {der::oid("2.5.29.28"), "it belongs into CRLs"},
      {der::oid("2.5.29.29"), "it belongs into CRLs"},
      {der::oid("1.3.6.1.4.1.11129.2.4.2"), "timestamps are of one certificate"},
      {der::oid("1.3.6.1.4.1.11129.2.4.3"), "it would make every certificate unusable"},
  };
  return table;
}

der::Oid read_id(const Section& section, const x509::Extensions& before) {
  const TomlString word = section.required_string("oid", "1.3.6.1.5.5.7.1.24");
  const auto id = der::Oid::parse(word.text);
  if (!id) section.not_one_of(word, "oid", "dotted decimal");
  for (const Reserved& reserved : reserved_extensions()) {
    if (reserved.id != *id) continue;
    section.fail(word.place, format("'{}' cannot be {}", section.key("oid"), x509::oid_name(*id)),
                 reserved.instead);
  }
  if (x509::find(before, *id) != nullptr) {
    section.fail(word.place, format("extension {} stands here twice", x509::oid_name(*id)));
  }
  return *id;
}

Bytes read_value(const Section& section) {
  const TomlString word = section.required_string("der", "3003020105");
  const auto value = from_hex(word.text);
  if (!value || !der::is_well_formed(*value)) {
    section.fail(word.place, format("'{}' is not one DER element in hex", section.key("der")),
                 "the content of extnValue: der = \"0500\" is NULL");
  }
  if (value->size() > k_longest_value) {
    section.fail(word.place, format("'{}' has {} octets, and at most {} are allowed",
                                    section.key("der"), value->size(), k_longest_value));
  }
  return *value;
}

}  // namespace

x509::Extensions read_further(const Section& section) {
  x509::Extensions extensions;
  for (const Section& entry : section.sections("further", k_most_extensions)) {
    std::optional<der::Oid> id;
    Bytes value;
    auto criticality = x509::Criticality::non_critical;
    entry.attempt([&] { id = read_id(entry, extensions); });
    entry.attempt([&] { value = read_value(entry); });
    entry.attempt([&] {
      if (entry.boolean("critical", false)) criticality = x509::Criticality::critical;
    });
    entry.finish();
    if (!entry.is_clean()) continue;
    extensions.push_back(
        {.id = *std::move(id), .criticality = criticality, .value = std::move(value)});
  }
  return extensions;
}

}  // namespace mtls::profile
