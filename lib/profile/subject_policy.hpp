// Subjects against a profile.
#pragma once

#include "profile/profile.hpp"

#include <vector>

namespace mtls::profile {

/// Returns the required attribute types that `wanted` lacks, in the profile's order: what is to be
/// asked for.
[[nodiscard]] std::vector<der::Oid> missing_attributes(const SubjectPolicy& policy,
                                                       const x509::Name& wanted);

/// Returns `wanted` with the profile's fixed attributes put in. A fixed attribute that `wanted` has
/// already stays where it is, in the profile's spelling; a new one goes where it usually stands
/// (DC, C, ST, L, O, OU, the others, CN, UID, emailAddress). Everything else keeps its order and
/// encoding. Throws denied_by_profile, with all there is to say in one message: required attributes
/// that are missing, attributes that are not allowed, other values than the fixed ones, an empty
/// subject.
[[nodiscard]] x509::Name apply_subject_policy(const SubjectPolicy& policy,
                                              const x509::Name& wanted);

}  // namespace mtls::profile
