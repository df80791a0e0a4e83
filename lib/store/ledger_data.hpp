// What a Ledger is made of; for the ledger*.cpp files only.
#pragma once

#include "store/chain.hpp"
#include "store/db_failure.hpp"
#include "store/ledger.hpp"
#include "store/schema.hpp"
#include "store/server_clock.hpp"

#include <map>

namespace mtls::store {

struct Ledger::Data {
  LedgerName name;
  LedgerAccess access = LedgerAccess::read_write;
  std::unique_ptr<Connection> connection;
  std::string id = {};
  std::int64_t brought_from = 0;
  std::int64_t schema = 0;
  std::vector<std::string> warnings = {};
  std::chrono::seconds intent_pending = k_intent_pending;
  /// All that is recorded bears the server's time. None where nobody was named who records.
  std::optional<ServerClock> clock = {};
  std::function<void(IssuerId, const LogHead&)> appended = {};
  /// The last head of each log that was seen: a session in place of a lost one must lead to a
  /// ledger that holds it.
  std::map<IssuerId, LogHead> seen = {};

  [[nodiscard]] std::unique_ptr<Statement> prepare(std::string_view sql) const {
    return connection->prepare(sql);
  }
  /// Goes on with the open connection as the ledger that `meta` describes.
  void begin_use(const Meta& meta);
  /// A ledger that is only read may be of an older schema, and may be migrated meanwhile.
  [[nodiscard]] RevocationsTable revocations_table();
  void see(IssuerId issuer, const LogHead& head);
  /// What the ledger's time is ahead of this machine's, which is `now` or later. Outside of a
  /// transaction: it is measured again now and then. Throws clock where the two are more than five
  /// minutes apart.
  [[nodiscard]] std::chrono::seconds clock_offset(UnixTime now);
  [[nodiscard]] Author dated(Author author) {
    author.time += clock_offset(author.time);
    return author;
  }
  /// Within a writing transaction: that it is still this ledger, in the schema that is known here.
  void require_schema() const;
  using Heads = std::vector<std::pair<IssuerId, LogHead>>;
  /// Commits, and tells who wants to know where the logs end now. Where the connection is lost
  /// meanwhile it connects again and looks: a log that has the new head took all of the change, and
  /// one that has not took none of it (unavailable). What cannot be looked up is outcome_unknown.
  void commit(Transaction& transaction, const Heads& heads);
  /// Runs `work` for each issuer's group in one writing transaction, each with the issuer's log at
  /// hand, and commits it all.
  template <class Groups, class Work>
  void change(const Groups& groups, const Author& author, const Work& work) {
    guard([&] {
      Heads heads;
      Transaction transaction(*connection, Transaction::Kind::writing);
      for (const auto& [issuer, group] : groups) {
        ChainWriter chain(*connection, issuer, author);
        require_schema();  // behind the log's lock, which a migration has to take as well
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
                                    const x509::Certificate* certificate, const Author& author);

 private:
  void require_same() const;
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
