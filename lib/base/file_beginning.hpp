// The first octets of a file, by which its kind is told.
#pragma once

#include "base/file.hpp"

#include <optional>
#include <string>

namespace mtls {

/// Returns up to `most` octets from the beginning of a regular file; nothing where the name is none
/// of such a file (a symbolic link is followed) or it cannot be read. Waits for nobody.
[[nodiscard]] std::optional<std::string> read_beginning(const Path& path, std::size_t most);
/// The same of an open descriptor, from its beginning whatever its position.
[[nodiscard]] std::optional<std::string> read_beginning(int fd, std::size_t most);

}  // namespace mtls
