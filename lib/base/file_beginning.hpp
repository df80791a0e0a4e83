// Files that are not read whole: their first octets, by which their kind is told, and piece by
// piece.
#pragma once

#include "base/file.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mtls {

/// Returns up to `most` octets from the beginning of a regular file; nothing where the name is none
/// of such a file (a symbolic link is followed) or it cannot be read. Waits for nobody.
[[nodiscard]] std::optional<std::string> read_beginning(const Path& path, std::size_t most);
/// The same of an open descriptor, from its beginning whatever its position.
[[nodiscard]] std::optional<std::string> read_beginning(int fd, std::size_t most);

/// Reads a regular file of any size from its beginning to its end, and hands it on in pieces.
/// Throws as throw_errno_reading does, unreadable_file where it is none.
void read_in_pieces(const Path& path, const std::function<void(std::string_view)>& take);

}  // namespace mtls
