// A directory that nobody named: whose it is, and whether others could have put it there.
#pragma once

#include "base/file.hpp"

#include <optional>
#include <string>

namespace mtls {

/// A directory that was found, opened once: what is read through it is what was judged.
struct FoundDirectory {
  Directory directory;
  /// Why it is not safe to be used without being named; nothing where it is safe.
  std::optional<std::string> unsafe;
};

/// Opens an existing directory component by component, symbolic links included, and judges each
/// directory on the way, those above it, and each link. Unsafe is what belongs to a user who is not
/// one of `owners`, and a directory that group or others can write, since they could put another
/// one in its place (a sticky directory owned by root is safe: there only the owner can).
/// Throws as Directory::open does.
[[nodiscard]] FoundDirectory open_found_directory(const Path& path, const TrustedOwners& owners);

}  // namespace mtls
