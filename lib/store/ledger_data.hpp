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
  bool brought_up = false;
  std::chrono::seconds intent_pending = k_intent_pending;
  /// What the server's clock was ahead of this machine's when the ledger was opened: all that is
  /// recorded bears the server's time, which is one for all machines.
  std::chrono::seconds clock_offset{0};
  std::function<void(IssuerId, const LogHead&)> appended = {};

  [[nodiscard]] std::unique_ptr<Statement> prepare(std::string_view sql) const {
    return connection->prepare(sql);
  }
  /// Takes the server's time for what is recorded from now on, `author` having said what time it is
  /// here. Throws clock where the two are more than five minutes apart.
  void take_server_time(const std::optional<Author>& author);
  [[nodiscard]] Author dated(Author author) const {
    author.time += clock_offset;
    return author;
  }
  using Heads = std::vector<std::pair<IssuerId, LogHead>>;
  /// Commits, and tells who wants to know where the logs end now. Where the connection is lost
  /// meanwhile it connects again and looks: a log that has the new head took all of the change, and
  /// one that has not took none of it (unavailable). What cannot be looked up is outcome_unknown.
  void commit(Transaction& transaction, const Heads& heads) const;
  /// Runs `work` for each issuer's group in one writing transaction, each with the issuer's log at
  /// hand, and commits it all.
  template <class Groups, class Work>
  void change(const Groups& groups, const Author& author, const Work& work) const {
    guard([&] {
      Heads heads;
      Transaction transaction(*connection, Transaction::Kind::writing);
      for (const auto& [issuer, group] : groups) {
        ChainWriter chain(*connection, issuer, author);
        work(*connection, chain, issuer, group);
        heads.emplace_back(issuer, chain.finish());
      }
      commit(transaction, heads);
    });
  }
  /// Runs `work` with the engine's failures turned into Errors that name this ledger.
  template <class Work>
  decltype(auto) guard(Work&& work) const {
    return with_ledger_errors(name, std::forward<Work>(work));
  }

  /// Puts an issuer in that is not there, and one of its CA certificates.
  [[nodiscard]] IssuerId add_issuer(const x509::Name& subject, const crypto::PublicKey& key,
                                    const x509::Certificate* certificate,
                                    const Author& author) const;

 private:
  enum class Outcome { made, nothing, unknown };
  [[nodiscard]] Outcome look_up_outcome(const Heads& heads) const;
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
