// Which profiles.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/option_set.hpp"
#include "cmd/setting.hpp"
#include "profile/catalogue.hpp"

#include <optional>

namespace mtls::cmd {

/// The flag of every command that looks profiles up.
struct ProfileOptions {
  std::optional<Path> directory;

  void add_to(OptionSet& options);
  /// --profiles, else MTLSCTL_PROFILES, else what the ca.toml of `ca` (may be null) says; nothing:
  /// only the built-in ones.
  [[nodiscard]] Setting<std::optional<Path>> where(const authority::CaDirectory* ca) const;
  /// The catalogue of where().
  [[nodiscard]] profile::Catalogue open(const authority::CaDirectory* ca) const;
};

}  // namespace mtls::cmd
