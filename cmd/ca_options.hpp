// Which CA, and how long to wait for its ledger.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/option_set.hpp"
#include "cmd/session.hpp"
#include "cmd/setting.hpp"

#include <chrono>
#include <optional>

namespace mtls::cmd {

/// The flags of every command that works with a CA directory.
struct CaOptions {
  std::optional<Path> directory;
  std::optional<std::chrono::milliseconds> lock_timeout;
  std::optional<store::StoreUrl> store;

  void add_to(OptionSet& options);
  /// --ca and --store alone: they may be given before a command as well.
  void add_location_to(OptionSet& options);
  /// --ca, else MTLSCTL_CA, else ./ca.
  [[nodiscard]] Setting<Path> where() const;
  /// Whether a flag or variable names it; the built-in one counts as found.
  [[nodiscard]] authority::Named named() const;
  /// The CA directory of where(), its ledger where ledger() says.
  [[nodiscard]] authority::CaDirectory open() const;
  /// The same for commands that can do without: nothing where none was named and ./ca is none.
  [[nodiscard]] std::optional<authority::CaDirectory> find() const;
  /// --store, else MTLSCTL_STORE, else nothing: then ca.toml says where the ledger is. A relative
  /// file starts at the current directory.
  [[nodiscard]] std::optional<Setting<store::StoreUrl>> ledger() const;
  /// Where the ledger is that a command works with as a whole: with ledger() no CA is asked.
  [[nodiscard]] store::LedgerLocation locate_ledger() const;
  /// Opens its ledger for reading, and says what is not as it should be with the server.
  /// The same whatever ledger.head says, for what examines a ledger.
  [[nodiscard]] store::Ledger examine_ledger(const authority::CaDirectory& ca,
                                             const Session& session) const;
  [[nodiscard]] store::Ledger read_ledger(const authority::CaDirectory& ca,
                                          const Session& session) const;
  /// --lock-timeout, else 30 s.
  [[nodiscard]] Setting<std::chrono::milliseconds> wait() const;
};

/// Opens a CA that another flag than --ca names; MTLSCTL_STORE counts for it as well.
[[nodiscard]] authority::CaDirectory open_named_ca(const Path& directory);

/// Opens a CA of --revocation-ca, whose ledger is where its own ca.toml says: what --store and
/// MTLSCTL_STORE name is that of --ca.
[[nodiscard]] authority::CaDirectory open_further_ca(const Path& directory);

/// Says what is not as it should be with a ledger's server; what issues has it in its receipt.
void tell_ledger_warnings(const store::Ledger& ledger, const Session& session);

}  // namespace mtls::cmd
