// Where profiles are found: those compiled in from profiles/*.toml, and a user's own directory.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "profile/profile.hpp"

namespace mtls::profile {

/// Profiles by name. A file DIR/NAME.toml comes before the built-in of the same name.
class Catalogue final {
 public:
  /// Only the built-in ones.
  Catalogue() = default;
  /// The built-in ones and DIR/*.toml, which are read when asked for. Throws unreadable_file where
  /// the directory cannot be opened.
  explicit Catalogue(const Path& directory);

  /// Returns the profile, parsed. Throws not_found with the nearest name as hint; bad_profile; also
  /// where a file's `name` is not its file's name.
  [[nodiscard]] Profile load(std::string_view name) const;
  /// All names, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::map<std::string, Path, std::less<>> m_files;
};

}  // namespace mtls::profile
