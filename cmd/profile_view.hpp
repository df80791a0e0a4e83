// A profile's summary, for list, show and check.
#pragma once

#include "cmd/json.hpp"
#include "cmd/session.hpp"
#include "profile/catalogue.hpp"

#include <optional>
#include <string>

namespace mtls::cmd {

/// name, role, description, source, sha256.
void put_profile(Json& document, const profile::Profile& profile);

/// Warns of each file that has a reserved name and is not used; only of that for `name` if given.
void warn_of_unused_files(const profile::Catalogue& catalogue,
                          const std::optional<std::string>& name, Session& session);

}  // namespace mtls::cmd
