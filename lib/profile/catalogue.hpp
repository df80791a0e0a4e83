// Where profiles are found: those compiled in from profiles/*.toml, and a user's own directory.
#pragma once

#include "base/file.hpp"
#include "profile/profile.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::profile {

/// Reads a profile from a file. Throws unreadable_file, too_large, bad_profile; also where a file
/// NAME.toml holds a profile of another name, which no Catalogue would find.
[[nodiscard]] Profile load_profile(const Path& path);

/// Profiles by name. A file DIR/NAME.toml comes before the built-in of the same name.
class Catalogue final {
 public:
  /// Only the built-in ones.
  Catalogue() = default;
  /// The built-in ones and DIR/*.toml, which are read when asked for. Throws unreadable_file where
  /// the directory cannot be opened.
  explicit Catalogue(const Path& directory);

  /// Returns the profile, parsed; `name` is looked up, never made into a path. Throws not_found
  /// with the nearest name as hint; bad_profile as load_profile does.
  [[nodiscard]] Profile load(std::string_view name) const;
  /// All names, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::map<std::string, Path, std::less<>> m_files;
};

}  // namespace mtls::profile
