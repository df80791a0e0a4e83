// A CA directory: the files of the guide, the chain, ca.toml and the ledger.
#pragma once

#include "authority/ca_config.hpp"
#include "authority/file_trust.hpp"
#include "authority/ledger_head.hpp"
#include "base/file.hpp"
#include "crypto/private_key.hpp"
#include "crypto/signer.hpp"
#include "profile/catalogue.hpp"
#include "store/ledger.hpp"
#include "x509/certificate.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace mtls::authority {

/// Whether a ledger that does not know the CA may be opened: to put it in (`store import`).
enum class Stranger { refuse, allow };

/// Whether a ledger elsewhere was named for one run (--store), or is used always (MTLSCTL_STORE).
enum class StoreNamed { for_once, always };

/// How a ledger is opened that is only read.
struct LedgerReading {
  std::chrono::milliseconds lock_timeout;
  /// For comparing this machine's clock with a server's.
  std::optional<store::Author> author = std::nullopt;
  /// For a run that ends soon (LedgerLocation::now).
  std::optional<UnixTime> now = std::nullopt;
};

/// An existing, complete CA directory. Reading it opens neither key nor ledger.
class CaDirectory final {
 public:
  /// Throws unreadable_file (hint: `mtlsctl ca init`, --ca), open_permissions for an implicit one
  /// that is not safe, set_incomplete where an `init` was cut short (hint: run it again),
  /// malformed, bad_config, key_mismatch where chain and certificate do not belong together.
  /// `owners` are trusted; whose the files of a directory that was named are is judged only by what
  /// signs or writes the ledger (require_trusted).
  [[nodiscard]] static CaDirectory open(const Path& path, Named named, const TrustedOwners& owners);

  [[nodiscard]] const Path& path() const noexcept { return m_directory->path(); }
  [[nodiscard]] const CaConfig& config() const noexcept { return m_config; }
  [[nodiscard]] const x509::Certificate& certificate() const noexcept { return m_chain.front(); }
  /// Its certificate, then those above it, the root last.
  [[nodiscard]] const std::vector<x509::Certificate>& chain() const noexcept { return m_chain; }
  [[nodiscard]] const x509::Certificate& root() const noexcept { return m_chain.back(); }
  /// The certificates between leaf and root that a peer needs: this CA's own first; empty for a
  /// root.
  [[nodiscard]] std::vector<x509::Certificate> intermediates() const;

  /// Says what group or others can read or write of this directory and the file with the CA key,
  /// without reading that: a name safe to show and the mode to give it; nothing where neither is
  /// open. A key that is not here (a provider's, an offline root's) is not open.
  struct Exposed {
    std::string name;
    std::string_view mode;
  };
  [[nodiscard]] std::optional<Exposed> find_exposed() const;

  /// The same directory, judged by `trust` from then on (--allow-open-key). Without it nothing is
  /// lifted.
  [[nodiscard]] CaDirectory with_trust(FileTrust trust) const;
  /// Throws foreign_owner where the directory, a file that was read of it, ledger.head or its
  /// ledger belongs to a user who is not trusted. Called by load_key, open_ledger, rehearse_ledger,
  /// and examine_ledger for writing; what only reads does without.
  void require_trusted() const;

  /// Reads the CA key. Throws as require_trusted, also for the key; open_permissions where key or
  /// directory can be read or written by others unless allowed, unsupported for a key URI that is
  /// not file:, and as PrivateKey::from_file.
  [[nodiscard]] crypto::PrivateKey load_key(const crypto::PassphraseSource& passphrase,
                                            OpenKey open_key, crypto::LegacyKeys legacy,
                                            const ossl::Context& context) const;
  /// The same directory with its ledger elsewhere than its ca.toml says (--store, MTLSCTL_STORE).
  [[nodiscard]] CaDirectory with_store(const store::StoreUrl& store, StoreNamed named) const;
  [[nodiscard]] store::LedgerLocation ledger_location(std::chrono::milliseconds lock_timeout) const;
  /// Opens the ledger for reading. Throws as Ledger::open; as require_seen where its log does not
  /// hold the entry that this directory saw last (ledger.head): what it says of revocation may be
  /// out of date; as require_issuer where it does not know this CA. Where the log has gone on,
  /// ledger.head is brought up to it if it stands and can be written.
  [[nodiscard]] store::Ledger read_ledger(const LedgerReading& reading) const;
  /// Opens it for writing, under the same conditions, and keeps ledger.head at its last entry from
  /// then on. `author` is who does it. A stranger that is allowed is put in; its ledger.head, if
  /// there is one, stays as it is, and refuses until somebody answers for it (accept-rollback).
  [[nodiscard]] store::Ledger open_ledger(std::chrono::milliseconds lock_timeout,
                                          const store::Author& author,
                                          Stranger stranger = Stranger::refuse) const;
  /// Opens it as open_ledger does, to try what would be done: nothing is changed, neither an older
  /// schema nor ledger.head.
  [[nodiscard]] store::Ledger rehearse_ledger(std::chrono::milliseconds lock_timeout,
                                              const store::Author& author,
                                              Stranger stranger = Stranger::refuse) const;
  /// Opens it whatever ledger.head says, and leaves that alone: for what examines a ledger, or goes
  /// on with one that somebody answers for.
  /// `author` is who does it: needed for writing.
  [[nodiscard]] store::Ledger examine_ledger(
      store::LedgerAccess access, std::chrono::milliseconds lock_timeout,
      const std::optional<store::Author>& author = std::nullopt) const;
  /// Which issuer of `ledger` this CA is.
  [[nodiscard]] std::optional<store::IssuerId> find_issuer(const store::Ledger& ledger) const;
  /// What comparing `ledger` with ledger.head says. One that was named for this run and is not the
  /// one that was used last may be a copy or a backup: absent, with a message that says so.
  [[nodiscard]] SeenState compare_seen(const store::Ledger& ledger) const;
  /// Throws where `accept_head` could not write it, before anything is said that needs it.
  void require_acceptable_head() const;
  /// Writes ledger.head anew: somebody answers for the log that ends there.
  void accept_head(const store::LogHead& head) const;
  /// Keeps ledger.head at the last entry of `issuer`, which is this CA, from now on.
  void keep_head(store::Ledger& ledger, store::IssuerId issuer) const;

 private:
  [[nodiscard]] store::Ledger open_at(store::LedgerAccess access,
                                      std::chrono::milliseconds lock_timeout,
                                      const std::optional<store::Author>& author) const;
  CaDirectory(std::shared_ptr<const Directory> directory, CaConfig config,
              std::vector<x509::Certificate> chain, std::vector<OwnedFile> files, Named named,
              FileTrust trust)
      : m_directory(std::move(directory)),
        m_config(std::move(config)),
        m_chain(std::move(chain)),
        m_files(std::move(files)),
        m_named(named),
        m_ledger_named(named),
        m_trust(std::move(trust)) {}
  std::shared_ptr<const Directory> m_directory;  // opened once; its files are read through it
  CaConfig m_config;
  std::vector<x509::Certificate> m_chain;
  std::vector<OwnedFile> m_files;  // that were read
  Named m_named;
  Named m_ledger_named;
  FileTrust m_trust;
  StoreNamed m_store_named = StoreNamed::always;
};

/// Returns the signer of a CA key: by the profile's digest, or what goes with the key.
[[nodiscard]] std::unique_ptr<crypto::Signer> make_signer(const crypto::PrivateKey& key,
                                                          std::optional<crypto::Digest> digest);

}  // namespace mtls::authority
