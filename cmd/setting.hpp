// Where a setting came from: flag > environment > ca.toml > built-in.
#pragma once

#include <string>
#include <string_view>

namespace mtls::cmd {

enum class SettingSource { flag, environment, ca_toml, built_in };
[[nodiscard]] constexpr std::string_view name(SettingSource source) noexcept {
  switch (source) {
    case SettingSource::flag:
      return "flag";
    case SettingSource::environment:
      return "environment";
    case SettingSource::ca_toml:
      return "ca.toml";
    case SettingSource::built_in:
      return "built-in";
  }
  return "built-in";
}

/// The value that won, and whose it is.
template <class T>
struct Setting {
  T value;
  SettingSource source;
};

}  // namespace mtls::cmd
