// The profiles that are compiled in: profiles/*.toml, octet by octet (see mtls_embed).
#pragma once

#include <span>
#include <string_view>

namespace mtls::profile {

struct BuiltinProfile {
  std::string_view name;  // the file's, without .toml
  std::string_view text;
};

/// All of them, sorted by name.
[[nodiscard]] std::span<const BuiltinProfile> builtin_profiles() noexcept;

}  // namespace mtls::profile
