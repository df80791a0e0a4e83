// What a Ledger is made of; for the ledger*.cpp files only.
#pragma once

#include "store/db_failure.hpp"
#include "store/ledger.hpp"

namespace mtls::store {

struct Ledger::Data {
  LedgerName name;
  std::unique_ptr<Connection> connection;
  std::string id = {};
  std::chrono::seconds intent_pending = k_intent_pending;

  [[nodiscard]] std::unique_ptr<Statement> prepare(std::string_view sql) const {
    return connection->prepare(sql);
  }
  /// Runs `work` with the engine's failures turned into Errors that name this ledger.
  template <class Work>
  decltype(auto) guard(Work&& work) const {
    return with_ledger_errors(name, std::forward<Work>(work));
  }
  /// Runs `change`, one whole transaction. Where the connection is lost during its COMMIT, connects
  /// again and looks whether it `is_done`; it is made again where it is not. What is not certain
  /// then stays outcome_unknown.
  template <class Change, class IsDone>
  void settle(const Change& change, const IsDone& is_done) const {
    try {
      change();
    } catch (const DbError& failure) {
      if (failure.code() != DbErrc::outcome_unknown || !reconnects()) throw;
      if (!is_done()) change();
    }
  }

 private:
  /// Whether there is a connection again over which the truth can be read.
  [[nodiscard]] bool reconnects() const;
};

/// Puts a CA certificate in, within a writing transaction of the caller's; one that is there is
/// left.
void insert_ca_certificate(Connection& connection, IssuerId issuer,
                           const crypto::Sha256& fingerprint, ByteView der);

}  // namespace mtls::store
