// A file that is made for another writer (the database engine) to fill.
#pragma once

#include "base/file.hpp"

namespace mtls {

/// Makes an empty file of mode 0600, whatever the umask, and makes its name durable. Returns false,
/// and touches nothing, where something bears the name already: a dangling symbolic link counts and
/// is never followed. Throws as throw_errno does.
[[nodiscard]] bool make_private_file(const Path& path);

}  // namespace mtls
