// A profile's summary, for list, show and check.
#pragma once

#include "cmd/json.hpp"
#include "profile/profile.hpp"

namespace mtls::cmd {

/// name, role, description, source, sha256.
void put_profile(Json& document, const profile::Profile& profile);

}  // namespace mtls::cmd
