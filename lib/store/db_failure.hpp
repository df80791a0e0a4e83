// DbError → Error: what an engine's failure means to the user of a ledger.
#pragma once

#include "store/db.hpp"

#include <chrono>

namespace mtls::store {

/// How a ledger is named in errors, and how long it was waited for.
struct LedgerName {
  Path file;
  std::chrono::milliseconds lock_timeout;
  std::optional<StoreUrl> server = {};  // PostgreSQL's, instead of `file`
  [[nodiscard]] std::string shown() const;
};

/// Returns the Error for `failure`: ledger_locked (busy, undone), disk_full (full),
/// ledger_unavailable (unavailable, outcome_unknown), ledger_damaged (corrupt; and unique,
/// constraint: what the ledger's own statements never meet unless its tables are not as they were
/// made), permission (readonly), and internal for the rest.
[[nodiscard]] Error to_error(const DbError& failure, const LedgerName& ledger);

/// Runs `work` and turns every DbError that leaves it.
template <class Work>
decltype(auto) with_ledger_errors(const LedgerName& ledger, Work&& work) {
  try {
    return work();
  } catch (const DbError& failure) {
    throw to_error(failure, ledger);
  }
}

}  // namespace mtls::store
