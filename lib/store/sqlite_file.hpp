// The file of a SQLite database, before SQLite sees it.
#pragma once

#include "store/db.hpp"

namespace mtls::store {

/// Makes the file where `mode` says so, checks that SQLite can be let loose on it, and returns its
/// one name, absolute and without links. Throws DbError, and Error where it cannot be
/// made.
[[nodiscard]] std::string prepare_sqlite_file(const Path& file, OpenMode mode);

/// Why nothing can be made beside an open database, by its absolute name, as an errno; 0 where it
/// can.
[[nodiscard]] int find_directory_refusal(const char* file);

/// What the operating system said (an errno) decides where SQLite only says "could not open" or
/// "I/O error".
[[nodiscard]] DbErrc file_errc(int system_error) noexcept;

}  // namespace mtls::store
