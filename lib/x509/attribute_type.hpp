// What is known of the attribute types of names (RFC 5280 appendix A, X.520, RFC 4519). Private to
// this room: its face is in name.hpp.
#pragma once

#include "der/oid.hpp"

#include <string_view>

namespace mtls::x509 {

/// How a value of a type is written, and what it may hold.
enum class AttributeSyntax {
  directory_string,  // written as UTF8String
  printable_string,
  ia5_string,
  country,  // PrintableString of exactly two letters
};

struct AttributeType {
  der::Oid id;
  std::string_view name;  // the usual short name
  std::string_view alias;
  AttributeSyntax syntax;
  std::size_t upper_bound;  // in characters
};

/// ub-name, the widest bound of RFC 5280: also for the types that are not known.
inline constexpr std::size_t k_name_bound = 32768;

/// Returns what is known of `id`, or null.
[[nodiscard]] const AttributeType* known_attribute_type(const der::Oid& id);

}  // namespace mtls::x509
