// What a Ledger is made of; for the ledger*.cpp files only.
#pragma once

#include "store/db_failure.hpp"
#include "store/ledger.hpp"

namespace mtls::store {

struct Ledger::Data {
  LedgerName name;
  std::unique_ptr<Connection> connection;

  [[nodiscard]] std::unique_ptr<Statement> prepare(std::string_view sql) const {
    return connection->prepare(sql);
  }
  /// Runs `work` with the engine's failures turned into Errors that name this ledger.
  template <class Work>
  decltype(auto) guard(Work&& work) const {
    return with_ledger_errors(name, std::forward<Work>(work));
  }
};

}  // namespace mtls::store
