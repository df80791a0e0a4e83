// The subject: in one piece, or a flag per field of the guide.
#pragma once

#include "cmd/option_set.hpp"
#include "der/oid.hpp"
#include "x509/name.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::cmd {

/// One of the guide's fields: its attribute, its flag, and openssl's prompt for it.
struct SubjectField {
  std::string_view attribute;  // "C"
  std::string_view flag;       // "--country"
  std::string_view prompt;     // "Country Name (2 letter code)"
};
/// In the order in which they are asked and encoded: C, ST, L, O, OU, CN, emailAddress.
inline constexpr std::array<SubjectField, 7> k_subject_fields{{
    {"C", "--country", "Country Name (2 letter code)"},
    {"ST", "--state", "State or Province Name (full name)"},
    {"L", "--locality", "Locality Name (eg, city)"},
    {"O", "--organization", "Organization Name (eg, company)"},
    {"OU", "--unit", "Organizational Unit Name (eg, section)"},
    {"CN", "--common-name", "Common Name (e.g. server FQDN or YOUR name)"},
    {"emailAddress", "--email", "Email Address"},
}};

/// --subject, or the flags of the fields.
struct SubjectOptions {
  std::optional<x509::Name> subject;
  std::array<std::optional<std::string>, k_subject_fields.size()> fields;

  void add_to(OptionSet& options);
  /// Throws usage for --subject together with a field's flag.
  void check() const;
  [[nodiscard]] bool empty() const;
  /// The name that they spell; nothing where none was given. Throws bad_name.
  [[nodiscard]] std::optional<x509::Name> compose() const;
  /// The same with `common_name` where no CN was given.
  [[nodiscard]] x509::Name compose_with_default(const std::string& common_name) const;
};

/// The place of an attribute among the fields, if it is one of them.
[[nodiscard]] std::optional<std::size_t> find_subject_field(const der::Oid& attribute);

/// Throws missing_value naming the flags of all attributes in `missing`.
[[noreturn]] void refuse_missing(const std::vector<der::Oid>& missing, std::string_view why);

}  // namespace mtls::cmd
