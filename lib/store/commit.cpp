#include "store/commit.hpp"

#include "base/format.hpp"

namespace mtls::store {
namespace {

enum class Outcome { made, nothing, unknown };

Outcome look_up(Connection& connection, Transaction::Kind kind, const DbError& failure,
                const std::function<bool()>& was_made) {
  try {
    connection.reconnect();
    const Transaction waiting(connection, kind);
    return was_made() ? Outcome::made : Outcome::nothing;
  } catch (const DbError&) {
    return Outcome::unknown;
  } catch (Error& error) {  // it is not the same ledger any more
    error.add_context(format("cannot tell whether the change was recorded: {}", failure.what()));
    throw;
  }
}

}  // namespace

void commit_or_look_up(Connection& connection, Transaction& transaction, Transaction::Kind kind,
                       const std::function<bool()>& was_made) {
  try {
    transaction.commit();
  } catch (const DbError& failure) {
    if (failure.code() != DbErrc::outcome_unknown) throw;
    switch (look_up(connection, kind, failure, was_made)) {
      case Outcome::unknown:
        throw;
      case Outcome::nothing:
        throw DbError(DbErrc::unavailable,
                      format("{}; nothing of the change was recorded", failure.what()));
      case Outcome::made:
        break;
    }
  }
}

}  // namespace mtls::store
