// Name constraints that no name can meet.
#pragma once

#include "x509/extension.hpp"

#include <string>
#include <vector>

namespace mtls::x509 {

/// One constraint that refuses every name of its kind.
struct ConstraintFault {
  std::string message;  // names the constraint; safe to show
  std::string remedy;   // the constraint that would do what seems to be meant; may be empty
};

/// Returns the bases that are not of their kind's syntax (a URI constraint with a scheme, an e-mail
/// constraint that begins with '@', a mask with holes; RFC 5280 section 4.2.1.10), and the
/// permitted ones that an excluded one takes away whole. Empty where every kind of name can be met.
[[nodiscard]] std::vector<ConstraintFault> find_constraint_faults(
    const NameConstraints& constraints);

/// Returns what meets the permitted bases, kind by kind: "dns:a.example and hosts below it".
[[nodiscard]] std::string describe_permitted(const NameConstraints& constraints);

}  // namespace mtls::x509
