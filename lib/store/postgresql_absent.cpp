// In place of postgresql.cpp where the program is built without PostgreSQL.
#include "base/error.hpp"
#include "store/db.hpp"

namespace mtls::store {

std::unique_ptr<Connection> open_postgresql(const StoreUrl& /*url*/, OpenMode /*mode*/,
                                            std::chrono::milliseconds /*lock_timeout*/) {
  throw Error(Errc::ledger_unavailable,
              "the ledger is in PostgreSQL, and this mtlsctl was built without it",
              "build it with -DMTLSCTL_POSTGRESQL=ON (Debian: libpq-dev)");
}

}  // namespace mtls::store
