// Subject alternative names against a profile.
#pragma once

#include "profile/profile.hpp"

#include <optional>
#include <string>

namespace mtls::profile {

/// Returns why a certificate of the profile may not have `name` ("ip:10.0.0.1: the profile allows
/// dns, uri"), safe to show, or nothing. Looks at kind, patterns and wildcard; whether the name is
/// good in itself is GeneralName::require_good's to say.
[[nodiscard]] std::optional<std::string> refuses(const SanPolicy& policy,
                                                 const x509::GeneralName& name);

/// Returns why a certificate of the profile may not have `names` as all its alternative names: the
/// first name that is refused, too few, too many, no host where one is required; or nothing.
[[nodiscard]] std::optional<std::string> refuses(const SanPolicy& policy,
                                                 const x509::GeneralNames& names);

}  // namespace mtls::profile
