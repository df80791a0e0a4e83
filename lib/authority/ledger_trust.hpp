// Whose the files of a ledger are.
#pragma once

#include "authority/file_trust.hpp"
#include "store/ledger.hpp"

#include <vector>

namespace mtls::authority {

/// The files of a ledger that is in a file, as they are now: the database, what SQLite keeps next
/// to it (-wal, -shm, -journal: committed rows are in them), and their directory, unless that is
/// `judged` already. Of one that is about to be made it is the directory. Empty for a ledger on a
/// server.
[[nodiscard]] std::vector<OwnedFile> find_ledger_files(const store::LedgerLocation& location,
                                                       const Path& judged = {});

}  // namespace mtls::authority
