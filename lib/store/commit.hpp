// Committing where the connection may be lost meanwhile.
#pragma once

#include "store/db.hpp"

#include <functional>

namespace mtls::store {

/// Commits `transaction`. Where the connection is lost meanwhile it connects again and begins a
/// transaction of `kind`, which waits for whoever holds what that begins with, and asks `was_made`
/// in it. The lost session may still be committing, or come to it later: unless `kind` waits for it
/// already, `was_made` takes a lock that its transaction holds before it looks. Throws DbError
/// unavailable where nothing was made, and outcome_unknown where that cannot be told; Error that
/// leaves `was_made`, or comes of the new connection, says what for.
void commit_or_look_up(Connection& connection, Transaction& transaction, Transaction::Kind kind,
                       const std::function<bool()>& was_made);

}  // namespace mtls::store
