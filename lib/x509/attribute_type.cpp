#include "x509/attribute_type.hpp"

#include "x509/name.hpp"

#include <algorithm>
#include <vector>

namespace mtls::x509 {
namespace {

using enum AttributeSyntax;

/// The common ones first: it is searched from the front. Bounds are RFC 5280's where it has one,
/// else X.520's or RFC 4519's.
const std::vector<AttributeType>& known_types() {
  static const std::vector<AttributeType> types = {
      {der::oid("2.5.4.3"), "CN", "commonName", directory_string, 64},
      {der::oid("2.5.4.10"), "O", "organizationName", directory_string, 64},
      {der::oid("2.5.4.6"), "C", "countryName", country, 2},
      {der::oid("2.5.4.11"), "OU", "organizationalUnitName", directory_string, 64},
      {der::oid("2.5.4.7"), "L", "localityName", directory_string, 128},
      {der::oid("2.5.4.8"), "ST", "stateOrProvinceName", directory_string, 128},
      {der::oid("1.2.840.113549.1.9.1"), "emailAddress", "E", ia5_string, 255},
      {der::oid("0.9.2342.19200300.100.1.25"), "DC", "domainComponent", ia5_string, k_name_bound},
      {der::oid("0.9.2342.19200300.100.1.1"), "UID", "userId", directory_string, 256},
      {der::oid("2.5.4.5"), "serialNumber", "", printable_string, 64},
      {der::oid("2.5.4.4"), "SN", "surname", directory_string, k_name_bound},
      {der::oid("2.5.4.42"), "GN", "givenName", directory_string, k_name_bound},
      {der::oid("2.5.4.9"), "STREET", "streetAddress", directory_string, 128},
      {der::oid("2.5.4.12"), "title", "", directory_string, 64},
      {der::oid("2.5.4.13"), "description", "", directory_string, 1024},
      {der::oid("2.5.4.15"), "businessCategory", "", directory_string, 128},
      {der::oid("2.5.4.17"), "postalCode", "", directory_string, 40},
      {der::oid("2.5.4.20"), "telephoneNumber", "", printable_string, 32},
      {der::oid("2.5.4.41"), "name", "", directory_string, k_name_bound},
      {der::oid("2.5.4.43"), "initials", "", directory_string, k_name_bound},
      {der::oid("2.5.4.44"), "generationQualifier", "", directory_string, k_name_bound},
      {der::oid("2.5.4.46"), "dnQualifier", "", printable_string, k_name_bound},
      {der::oid("2.5.4.65"), "pseudonym", "", directory_string, 128},
      {der::oid("2.5.4.97"), "organizationIdentifier", "", directory_string, 256},
      {der::oid("1.2.840.113549.1.9.2"), "unstructuredName", "", directory_string, 255},
      {der::oid("1.2.840.113549.1.9.8"), "unstructuredAddress", "", directory_string, 255},
      {der::oid("1.3.6.1.4.1.311.60.2.1.1"), "jurisdictionL", "jurisdictionLocalityName",
       directory_string, 128},
      {der::oid("1.3.6.1.4.1.311.60.2.1.2"), "jurisdictionST", "jurisdictionStateOrProvinceName",
       directory_string, 128},
      {der::oid("1.3.6.1.4.1.311.60.2.1.3"), "jurisdictionC", "jurisdictionCountryName", country,
       2},
  };
  return types;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c; }

bool same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

const AttributeType* known_attribute_type(const der::Oid& id) {
  for (const AttributeType& type : known_types()) {
    if (type.id == id) return &type;
  }
  return nullptr;
}

std::optional<der::Oid> find_attribute_type(std::string_view word) {
  if (word.empty()) return std::nullopt;
  for (const AttributeType& type : known_types()) {
    if (same_word(word, type.name) || same_word(word, type.alias)) return type.id;
  }
  return der::Oid::parse(word);
}

std::string attribute_name(const der::Oid& type) {
  const AttributeType* known = known_attribute_type(type);
  return known != nullptr ? std::string(known->name) : type.to_dotted();
}

}  // namespace mtls::x509
