#include "authority/ca_directory.hpp"

#include "authority/ledger_head.hpp"
#include "authority/ledger_trust.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/found_directory.hpp"
#include "base/system_error.hpp"

namespace mtls::authority {
namespace {

constexpr std::string_view k_file_scheme = "file:";

/// Reads files of a CA directory and notes whose they are.
class NotedReader final {
 public:
  explicit NotedReader(const Directory& directory) : m_directory(directory) {}
  [[nodiscard]] const Path& path() const noexcept { return m_directory.path(); }
  [[nodiscard]] bool contains(const std::string& name) const { return m_directory.contains(name); }
  [[nodiscard]] FileContents read(const std::string& name) {
    FileContents contents = m_directory.read(name);
    m_files.push_back({printable((path() / name).native()), contents.owner});
    return contents;
  }
  [[nodiscard]] std::vector<OwnedFile> take_files() && { return std::move(m_files); }

 private:
  const Directory& m_directory;
  std::vector<OwnedFile> m_files;
};

/// Whether a CA's certificate is a root's. Names do not tell: an intermediate may bear its root's.
/// A root's key identifiers say that its own key signed it, and root.crt is the same certificate.
/// `octets` is what ca.crt holds, in most roots all that root.crt holds.
bool is_root(const x509::Certificate& certificate, ByteView octets, NotedReader& directory) {
  if (!certificate.is_self_issued()) return false;
  const auto signer = certificate.authority_key_identifier();
  const bool own_key = !signer || !signer->key_identifier ||
                       signer->key_identifier == certificate.subject_key_identifier();
  if (!own_key || !directory.contains("root.crt")) return own_key;
  const FileContents file = directory.read("root.crt");
  if (equal(file.bytes.view(), octets)) return true;
  return x509::read_certificates(file.bytes.view(), (directory.path() / "root.crt").native())
             .front() == certificate;
}

/// Reads ca.crt, chain.crt and root.crt as one chain, this CA first and the root last.
std::vector<x509::Certificate> read_chain(NotedReader& directory) {
  const auto read = [&directory](const std::string& name) {
    const FileContents file = directory.read(name);
    return x509::read_certificates(file.bytes.view(), (directory.path() / name).native());
  };
  const FileContents own = directory.read("ca.crt");
  std::vector<x509::Certificate> chain{
      x509::read_certificates(own.bytes.view(), (directory.path() / "ca.crt").native()).front()};
  // chain.crt holds what a leaf's file gets behind it: this CA and those above, without the root.
  if (!is_root(chain.front(), own.bytes.view(), directory)) {
    for (const x509::Certificate& above : read("chain.crt")) {
      if (!(above == chain.front())) chain.push_back(above);
    }
    chain.push_back(read("root.crt").front());
  }
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    if (chain[i].issuer() == chain[i + 1].subject()) continue;
    throw Error(Errc::key_mismatch,
                format("{}: {} was not issued by {}, which stands above it",
                       printable(directory.path().native()), chain[i].subject().to_text(),
                       chain[i + 1].subject().to_text()),
                "check ca.crt, chain.crt and root.crt of this directory");
  }
  return chain;
}

Error no_ca(const std::string& shown) {
  return {Errc::unreadable_file, format("{} is not a CA directory: it has no ca.toml", shown),
          "make one with mtlsctl ca init, or name one with --ca DIR"};
}

/// Where there is no ca.toml there is no CA; where nobody may look there may be one.
void require_config(const Path& path) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path / "ca.toml", error);
  if (error == std::errc::permission_denied) {
    throw_errno_reading(error.value(), printable((path / "ca.toml").native()));
  }
  if (!std::filesystem::exists(status)) throw no_ca(printable(path.native()));
}

/// One that was named is the caller's choice; one that was found is judged as well.
FoundDirectory open_ca(const Path& path, Named named, const TrustedOwners& owners) {
  require_config(path);
  if (named == Named::implicitly) return open_found_directory(path, owners);
  return {.directory = Directory::open(path), .unsafe = std::nullopt};
}

}  // namespace

CaDirectory CaDirectory::open(const Path& path, Named named, const TrustedOwners& owners) {
  const std::string shown = printable(path.native());
  FoundDirectory found = open_ca(path, named, owners);
  const Directory& directory = found.directory;
  if (found.unsafe) {
    throw Error(Errc::open_permissions,
                format("{} is not used without being named: {}", shown, *found.unsafe),
                format("if you trust it, say so with --ca {}", shown));
  }
  if (!directory.contains("ca.crt")) {
    throw Error(
        Errc::set_incomplete,
        format("{} is not complete: it has no ca.crt; mtlsctl ca init was cut short", shown),
        "run the same mtlsctl ca init again; it goes on where it stopped");
  }
  NotedReader reader(directory);
  const FileContents text = reader.read("ca.toml");
  CaConfig config = parse_ca_config(as_text(text.bytes.view()), (path / "ca.toml").native());
  auto chain = read_chain(reader);
  auto files = std::move(reader).take_files();
  return {std::make_shared<const Directory>(std::move(found.directory)),
          std::move(config),
          std::move(chain),
          std::move(files),
          named,
          FileTrust(owners)};
}

CaDirectory CaDirectory::with_trust(FileTrust trust) const {
  CaDirectory other(*this);
  other.m_trust = std::move(trust);
  return other;
}

void CaDirectory::require_trusted() const {
  std::vector<OwnedFile> files{{printable(path().native()), m_directory->owner()}};
  files.insert(files.end(), m_files.begin(), m_files.end());
  files.push_back(
      {printable((path() / "ledger.head").native()), m_directory->owner("ledger.head")});
  m_trust.require_owners(files, m_named);
  m_trust.require_owners(find_ledger_files(ledger_location({}), path()), m_ledger_named);
}

std::vector<x509::Certificate> CaDirectory::intermediates() const {
  if (m_chain.size() == 1) return {};
  return {m_chain.begin(), m_chain.end() - 1};
}

std::optional<CaDirectory::Exposed> CaDirectory::find_exposed() const {
  if (m_directory->openness() == Openness::open) return Exposed{printable(path().native()), "700"};
  if (m_config.key.rfind(k_file_scheme, 0) != 0) return std::nullopt;
  const Path named(m_config.key.substr(k_file_scheme.size()));
  if (m_directory->openness(named.native()) != Openness::open) return std::nullopt;
  return Exposed{printable((path() / named).native()), "600"};
}

crypto::PrivateKey CaDirectory::load_key(const crypto::PassphraseSource& passphrase,
                                         OpenKey open_key, crypto::LegacyKeys legacy,
                                         const ossl::Context& context) const {
  if (m_config.key.rfind(k_file_scheme, 0) != 0) {
    throw Error(Errc::unsupported,
                format("the CA key {} is not a file: pkcs11: and provider: are not built yet",
                       printable(m_config.key)),
                "write key = \"file:ca.key\" in ca.toml");
  }
  require_trusted();
  const Path named(m_config.key.substr(k_file_scheme.size()));
  const std::string shown = printable((path() / named).native());
  const FileContents contents =
      named.is_absolute() ? read_file(named) : m_directory->read(named.native());
  m_trust.require_owner(shown, contents.owner, m_named);
  if (open_key == OpenKey::refuse) {
    const auto refuse = [](const std::string& what, const std::string& mend) {
      throw Error(Errc::open_permissions, format("{} can be read or written by others", what),
                  format("{}, or insist with --allow-open-key", mend));
    };
    if (contents.openness == Openness::open) refuse(shown, format("chmod 600 {}", shown));
    if (m_directory->openness() == Openness::open) {
      const std::string directory = printable(path().native());
      refuse(directory, format("chmod 700 {}", directory));
    }
  }
  crypto::PrivateKey key =
      crypto::PrivateKey::from_file(contents.bytes.view(), shown, passphrase, legacy, context);
  if (!(key.public_key() == certificate().public_key())) {
    throw Error(Errc::key_mismatch,
                format("{} is not the key of {}", shown, printable((path() / "ca.crt").native())));
  }
  return key;
}

CaDirectory CaDirectory::with_store(const store::StoreUrl& store, StoreNamed named) const {
  CaDirectory other(*this);
  other.m_config.store = store;
  other.m_store_named = named;
  other.m_ledger_named = Named::explicitly;
  return other;
}

store::LedgerLocation CaDirectory::ledger_location(std::chrono::milliseconds lock_timeout) const {
  // By name, for the engine: nobody else can have changed what the name leads to, since no
  // directory on the way to one that was found can be written by others.
  return m_config.ledger_location(path(), lock_timeout);
}

store::Ledger CaDirectory::open_at(store::LedgerAccess access,
                                   std::chrono::milliseconds lock_timeout,
                                   const std::optional<store::Author>& author) const {
  if (access == store::LedgerAccess::read_write) require_trusted();
  store::LedgerLocation location = ledger_location(lock_timeout);
  location.author = author;
  return store::Ledger::open(location, m_config.ledger_id, access);
}

store::Ledger CaDirectory::read_ledger(const LedgerReading& reading) const {
  store::LedgerLocation location = ledger_location(reading.lock_timeout);
  location.author = reading.author;
  location.now = reading.now;
  store::Ledger ledger =
      store::Ledger::open(location, m_config.ledger_id, store::LedgerAccess::read_only);
  if (m_store_named == StoreNamed::always) {
    require_seen_and_note(*m_directory, ledger, certificate());
  } else {
    // A copy to try things with may have gone on alone: looking at it says nothing of the CA's own.
    require_seen(*m_directory, ledger, certificate());
    static_cast<void>(require_issuer(ledger, certificate()));
  }
  return ledger;
}

store::Ledger CaDirectory::rehearse_ledger(std::chrono::milliseconds lock_timeout,
                                           const store::Author& author, Stranger stranger) const {
  require_trusted();
  store::Ledger ledger = open_at(store::LedgerAccess::read_only, lock_timeout, author);
  if (stranger == Stranger::allow && !find_issuer(ledger)) return ledger;
  require_seen(*m_directory, ledger, certificate());
  static_cast<void>(require_issuer(ledger, certificate()));
  return ledger;
}

store::Ledger CaDirectory::open_ledger(std::chrono::milliseconds lock_timeout,
                                       const store::Author& author, Stranger stranger) const {
  store::Ledger ledger = open_at(store::LedgerAccess::read_write, lock_timeout, author);
  const bool is_stranger = !find_issuer(ledger);
  const auto add = [&] {
    return ledger.add_issuer(certificate().subject(), certificate().public_key(), certificate(),
                             author);
  };
  if (is_stranger && stranger == Stranger::allow) {
    // Another log than the one that was seen begins here: ledger.head is for accept-rollback then.
    const store::IssuerId issuer = add();
    if (!m_directory->contains("ledger.head")) keep_head(ledger, issuer);
    return ledger;
  }
  require_seen(*m_directory, ledger, certificate());
  if (is_stranger && !was_never_used(ledger)) {
    static_cast<void>(require_issuer(ledger, certificate()));
  }
  const bool compared = m_directory->contains("ledger.head");
  keep_head(ledger, add());
  if (!compared && !is_stranger) {
    ledger.add_warning(
        format("there was no {}: whether the ledger is the one that was used last was not compared "
               "('mtlsctl log verify --since' does with a head that was kept elsewhere); it is "
               "written now",
               printable((path() / "ledger.head").native())));
  }
  return ledger;
}

store::Ledger CaDirectory::examine_ledger(store::LedgerAccess access,
                                          std::chrono::milliseconds lock_timeout,
                                          const std::optional<store::Author>& author) const {
  return open_at(access, lock_timeout, author);
}

std::optional<store::IssuerId> CaDirectory::find_issuer(const store::Ledger& ledger) const {
  return ledger.find_issuer(certificate().subject(), certificate().public_key());
}

SeenState CaDirectory::compare_seen(const store::Ledger& ledger) const {
  SeenState state = compare_ledger_head(*m_directory, ledger, certificate());
  if (state.verdict != SeenVerdict::not_held || m_store_named == StoreNamed::always) return state;
  return {.verdict = SeenVerdict::absent,
          .message = format("{} is not the ledger that was used last, or is older: a copy or a "
                            "backup, most likely, and ledger.head is not compared with it",
                            ledger.shown()),
          .hint =
              "should it be the CA's ledger from now on, name it as 'store' in ca.toml, and run "
              "'mtlsctl store accept-rollback'"};
}

void CaDirectory::require_acceptable_head() const { require_resettable_head(*m_directory); }

void CaDirectory::accept_head(const store::LogHead& head) const {
  reset_ledger_head(*m_directory, {.ledger_id = m_config.ledger_id, .head = head});
}

void CaDirectory::keep_head(store::Ledger& ledger, store::IssuerId issuer) const {
  const auto note = [directory = m_directory, id = m_config.ledger_id, issuer](
                        store::IssuerId appended, const store::LogHead& head) {
    if (appended == issuer) {
      advance_ledger_head(*directory, {.ledger_id = id, .head = head});
    }
  };
  note(issuer, ledger.log_head(issuer));
  ledger.when_appended(note);
}

std::unique_ptr<crypto::Signer> make_signer(const crypto::PrivateKey& key,
                                            std::optional<crypto::Digest> digest) {
  const auto spec = key.public_key().spec();
  if (!spec) throw Error(Errc::unsupported, "this kind of key cannot sign certificates");
  return std::make_unique<crypto::SoftwareSigner>(
      key,
      crypto::signature_algorithm(spec->type(), digest.value_or(crypto::default_digest(*spec))));
}

}  // namespace mtls::authority
