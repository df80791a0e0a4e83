// What is left of a database file that was being made, whatever its name was to be.
#pragma once

#include "base/file.hpp"

namespace mtls {

/// Removes what interrupted PendingFiles for databases left in `directory`, whatever their names
/// were to be, and what the database engine left beside them: a backup bears another name each day.
/// Of a file that a living process writes, another user's, one that others may read, or one that
/// holds anything else than a database or nothing at all, nothing is touched.
void remove_stale_databases(const Directory& directory);

}  // namespace mtls
