// Where profiles are found: those compiled in from profiles/*.toml, and a user's own directory.
#pragma once

#include "base/file.hpp"
#include "profile/profile.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::profile {

/// What a profile is loaded for. Some built-in ones serve one command alone: certificates under
/// them are of no use, or a danger, anywhere else.
enum class ProfileUse {
  signing,  ///< certificates for others: client issue, server issue, ca sign, ca adopt --reissue
  ca_init,  ///< a new CA directory; the only use of `probe-ca`
  probe,    ///< what is shown to a listener to be refused; the only use of `probe`
  serve,    ///< the listener of mtlsctl serve; the only use of `serve`
  showing,  ///< to be looked at: every profile
};

/// Returns the command that the profile `name` is reserved for ("mtlsctl probe"), or nothing. A
/// reserved name always means the built-in profile.
[[nodiscard]] std::optional<std::string_view> reserved_for(std::string_view name) noexcept;

/// Throws denied_by_profile where the profile `name` is reserved for another use.
void require_use(std::string_view name, ProfileUse use);

/// Reads a profile from a file. Throws unreadable_file, too_large, bad_profile; also where a file
/// NAME.toml holds a profile of another name, or has a reserved name, which no Catalogue would
/// find.
[[nodiscard]] Profile load_profile(const Path& path);
/// The same, with all that is wrong with the file. Throws unreadable_file, too_large.
[[nodiscard]] ProfileCheck check_profile_file(const Path& path);

/// Profiles by name. A file DIR/NAME.toml comes before the built-in of the same name, unless that
/// name is reserved: such a file is never read.
class Catalogue final {
 public:
  /// Only the built-in ones.
  Catalogue() = default;
  /// The built-in ones and DIR/*.toml, which are read when asked for. Throws unreadable_file where
  /// the directory cannot be opened.
  explicit Catalogue(const Path& directory);

  /// Returns the profile, parsed; `name` is looked up, never made into a path. Throws not_found
  /// with the nearest name as hint; denied_by_profile as require_use, before a file is read;
  /// bad_profile as load_profile does.
  [[nodiscard]] Profile load(std::string_view name, ProfileUse use = ProfileUse::signing) const;
  /// All names, sorted.
  [[nodiscard]] std::vector<std::string> names() const;
  /// The files of the directory that have reserved names and are not used, by those names.
  [[nodiscard]] const std::map<std::string, Path, std::less<>>& unused_files() const noexcept {
    return m_unused_files;
  }

 private:
  std::map<std::string, Path, std::less<>> m_files;
  std::map<std::string, Path, std::less<>> m_unused_files;
};

}  // namespace mtls::profile
