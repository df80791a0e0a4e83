#include "cmd/profile_options.hpp"

#include "cmd/session.hpp"
#include "cmd/value_types.hpp"

namespace mtls::cmd {

void ProfileOptions::add_to(OptionSet& options) {
  options.value("--profiles", directory, directory_value(),
                "A directory with profiles of your own, NAME.toml (or MTLSCTL_PROFILES)");
}

Setting<std::optional<Path>> ProfileOptions::where(const authority::CaDirectory* ca) const {
  if (directory) return {directory, SettingSource::flag};
  if (const auto named = environment("MTLSCTL_PROFILES")) {
    return {Path(*named), SettingSource::environment};
  }
  if (ca != nullptr && ca->config().profiles) {
    return {ca->config().profiles, SettingSource::ca_toml};
  }
  return {std::nullopt, SettingSource::built_in};
}

profile::Catalogue ProfileOptions::open(const authority::CaDirectory* ca) const {
  const Setting<std::optional<Path>> found = where(ca);
  return found.value ? profile::Catalogue(*found.value) : profile::Catalogue();
}

}  // namespace mtls::cmd
