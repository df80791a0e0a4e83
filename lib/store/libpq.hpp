// libpq, loaded when a ledger's URL first asks for it.
#pragma once

#include "store/libpq_table.hpp"

#include <memory>

namespace mtls::store {

/// Loads the module once and returns its table; it stays loaded. Looked for by two absolute names
/// and nowhere else: beside the program, and in the library directory that was fixed at build time.
/// No path variable and no current directory is asked, here or (the module's DT_RPATH) for libpq.
/// Throws Error ledger_unavailable, which says what to install.
[[nodiscard]] const LibpqTable& libpq();

struct ClearResult {
  const LibpqTable* pq;
  void operator()(PGresult* result) const noexcept { pq->clear(result); }
};
using PgResult = std::unique_ptr<PGresult, ClearResult>;

struct FinishConnection {
  const LibpqTable* pq;
  void operator()(PGconn* connection) const noexcept { pq->finish(connection); }
};
using PgConnection = std::unique_ptr<PGconn, FinishConnection>;

}  // namespace mtls::store
