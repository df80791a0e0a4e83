// What a Ledger is made of; for the ledger*.cpp files only.
#pragma once

#include "store/chain.hpp"
#include "store/db_failure.hpp"
#include "store/ledger.hpp"

namespace mtls::store {

struct Ledger::Data {
  LedgerName name;
  std::unique_ptr<Connection> connection;
  std::string id = {};
  std::chrono::seconds intent_pending = k_intent_pending;
  std::function<void(IssuerId, const LogHead&)> appended = {};

  [[nodiscard]] std::unique_ptr<Statement> prepare(std::string_view sql) const {
    return connection->prepare(sql);
  }
  /// Tells who wants to know where logs end now.
  void tell(const std::vector<std::pair<IssuerId, LogHead>>& heads) const {
    if (!appended) return;
    for (const auto& [issuer, head] : heads) appended(issuer, head);
  }
  /// Runs `work` for each issuer's group in one writing transaction, each with the issuer's log at
  /// hand, and commits it all; `is_done` as for `settle`.
  template <class Groups, class Work, class IsDone>
  void change(const Groups& groups, const Author& author, const Work& work,
              const IsDone& is_done) const {
    std::vector<std::pair<IssuerId, LogHead>> heads;
    const auto once = [&] {
      heads.clear();
      Transaction transaction(*connection, Transaction::Kind::writing);
      for (const auto& [issuer, group] : groups) {
        ChainWriter chain(*connection, issuer, author);
        work(*connection, chain, issuer, group);
        heads.emplace_back(issuer, chain.finish());
      }
      transaction.commit();
    };
    guard([&] { settle(once, is_done); });
    tell(heads);
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

  /// Puts an issuer in that is not there, and one of its CA certificates.
  [[nodiscard]] IssuerId add_issuer(const x509::Name& subject, const crypto::PublicKey& key,
                                    const x509::Certificate* certificate,
                                    const Author& author) const;

 private:
  /// Whether there is a connection again over which the truth can be read.
  [[nodiscard]] bool reconnects() const;
};

/// One of an issuer's CA certificates, to be put in.
struct NewCaCertificate {
  x509::SerialNumber serial;
  crypto::Sha256 fingerprint;
  ByteView der;
};

/// Puts a CA certificate and its entry in, within the caller's transaction and chain; one that is
/// there is left.
void insert_ca_certificate(Connection& connection, ChainWriter& chain, IssuerId issuer,
                           const NewCaCertificate& added);

}  // namespace mtls::store
