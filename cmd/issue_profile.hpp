// The profile under which a CA directory issues: chosen by flag, ca.toml or role, with what ca.toml
// adds.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/profile_options.hpp"
#include "profile/profile.hpp"

#include <optional>
#include <string>

namespace mtls::cmd {

/// Loads profile `flag`, else `configured` (ca.toml's), else `built_in`, for `use`. The URLs of
/// ca.toml are put in where the profile names none.
[[nodiscard]] profile::Profile choose_profile(
    const std::optional<std::string>& flag, const std::optional<std::string>& configured,
    const std::string& built_in, const ProfileOptions& profiles, const authority::CaDirectory* ca,
    profile::ProfileUse use = profile::ProfileUse::signing);

/// Throws denied_by_profile where the profile is not for `role`.
void require_role(const profile::Profile& profile, profile::Role role);

}  // namespace mtls::cmd
