#include "cmd/ca_options.hpp"

#include "cmd/value_types.hpp"

namespace mtls::cmd {

void CaOptions::add_to(OptionSet& options) {
  options.value("--ca", directory, directory_value(),
                "The CA directory (or MTLSCTL_CA; default: ./ca)");
  options.value("--lock-timeout", lock_timeout, wait_value(),
                "How long to wait for others who write the ledger (default: 30s)");
}

Setting<Path> CaOptions::where() const {
  if (directory) return {*directory, SettingSource::flag};
  if (const auto named = environment("MTLSCTL_CA")) return {*named, SettingSource::environment};
  return {"ca", SettingSource::built_in};
}

authority::CaDirectory CaOptions::open() const {
  const Setting<Path> found = where();
  return authority::CaDirectory::open(found.value, found.source == SettingSource::built_in
                                                       ? authority::Named::implicitly
                                                       : authority::Named::explicitly);
}

std::optional<authority::CaDirectory> CaOptions::find() const {
  const Setting<Path> found = where();
  if (found.source == SettingSource::built_in && !name_exists(found.value / "ca.toml")) {
    return std::nullopt;
  }
  return open();
}

Setting<std::chrono::milliseconds> CaOptions::wait() const {
  if (lock_timeout) return {*lock_timeout, SettingSource::flag};
  return {std::chrono::milliseconds(30'000), SettingSource::built_in};
}

}  // namespace mtls::cmd
