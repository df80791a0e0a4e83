#include "authority/init.hpp"

#include "authority/ca_files.hpp"
#include "authority/chain_files.hpp"
#include "authority/ledger_head.hpp"
#include "authority/ledger_trust.hpp"
#include "authority/new_directory.hpp"
#include "authority/wanted.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <memory>

namespace mtls::authority {
namespace {

/// ca.toml comes first: a directory that holds a key and no ca.toml is not ours.
void require_no_ca(const Directory& directory) {
  for (const std::string& name : ca_file_names()) {
    if (!directory.contains(name)) continue;
    throw Error(Errc::would_overwrite,
                format("{} exists, and there is no ca.toml beside it: it is not a CA of mtlsctl",
                       printable((directory.path() / name).native())),
                "choose another directory with --ca");
  }
}

void write_config(Directory& directory, const CaConfig& config) {
  directory.remove_stale("ca.toml");
  PendingFile file(directory, "ca.toml", Access::secret);
  file.write(as_bytes(to_toml(config)));
  file.sync();
  file.publish(Overwrite::no);
  directory.sync();
}

store::Author author_of(const ca::Issuer::Surroundings& surroundings) {
  return {.actor = surroundings.actor.actor,
          .host = surroundings.actor.host,
          .time = surroundings.clock.now()};
}

/// A CA that stands has a ledger that was used before, and was put into it before ca.crt stood:
/// this must be it.
void require_own(const store::Ledger& ledger, const Directory& directory) {
  const FileContents file = directory.read("ca.crt");
  const x509::Certificate ca =
      x509::read_certificates(file.bytes.view(), printable((directory.path() / "ca.crt").native()))
          .front();
  require_seen(directory, ledger, ca);
  if (!was_never_used(ledger)) static_cast<void>(require_issuer(ledger, ca));
}

/// ca.toml says where the ledger of a CA is that was begun.
void require_same_store(const InitRequest& request, const CaConfig& config) {
  if (!request.store || *request.store == config.store) return;
  throw Error(Errc::set_mismatch,
              format("{} says that the ledger is {}, and {} is asked for",
                     printable((request.directory / "ca.toml").native()), config.store.shown(),
                     request.store->shown()),
              "leave --store and MTLSCTL_STORE out to go on with what was begun");
}

CaConfig read_config(const Directory& directory, const InitRequest& request) {
  const FileContents contents = directory.read("ca.toml");
  FileTrust(request.trust.owners())
      .require_owner(printable((directory.path() / "ca.toml").native()), contents.owner,
                     Named::implicitly);
  CaConfig config = parse_ca_config(as_text(contents.bytes.view()),
                                    printable((directory.path() / "ca.toml").native()));
  require_same_store(request, config);
  return config;
}

/// Goes on with the ca.toml of a run that was cut short. The ledger is made only where no
/// certificate of the CA stands yet: a ledger that is lost beside one is lost, and an empty one in
/// its place would hide that. One on a server was there before ca.toml was: it is never made here.
OwnLedger open_own_ledger(const Directory& directory, const InitRequest& request,
                          const store::Author& author) {
  const FileTrust found(request.trust.owners());
  const CaConfig config = read_config(directory, request);
  auto location = config.ledger_location(request.directory, request.lock_timeout);
  location.author = author;
  found.require_owners(find_ledger_files(location, request.directory), Named::implicitly);
  found.require_owner(printable((directory.path() / "ledger.head").native()),
                      directory.owner("ledger.head"), Named::implicitly);
  const bool has_ca = directory.contains("ca.crt");
  const bool stands = has_ca || config.store.engine() == store::Engine::postgresql;
  store::Ledger ledger =
      stands ? store::Ledger::open(location, config.ledger_id, store::LedgerAccess::read_write)
             : store::Ledger::create(location, config.ledger_id);
  if (has_ca) require_own(ledger, directory);
  return {std::move(ledger), config.store, LedgerOrigin::own};
}

/// The ledger for a dry run: that of the CA, opened for reading; where there is no CA yet, one that
/// goes with the object.
OwnLedger rehearse_own_ledger(const InitRequest& request, const store::Author& author) {
  if (!name_exists(request.directory / "ca.crt")) {
    return {store::Ledger::create_in_memory(store::make_ledger_id()),
            request.store.value_or(CaConfig().store), LedgerOrigin::own};
  }
  const Directory directory = Directory::open(request.directory);
  const CaConfig config = read_config(directory, request);
  auto location = config.ledger_location(request.directory, request.lock_timeout);
  location.author = author;
  store::Ledger ledger =
      store::Ledger::open(location, config.ledger_id, store::LedgerAccess::read_only);
  require_own(ledger, directory);
  return {std::move(ledger), config.store, LedgerOrigin::own};
}

/// Begins a CA: first a ca.toml with a new identity and then the file of the ledger; or, on a
/// server, first the ledger, since it may be there and then says which identity it has.
OwnLedger make_own_ledger(Directory& directory, const InitRequest& request,
                          const store::Author& author) {
  require_no_ca(directory);
  CaConfig config;
  config.ledger_id = store::make_ledger_id();
  config.store = request.store.value_or(config.store);
  auto location = config.ledger_location(request.directory, request.lock_timeout);
  location.author = author;
  if (config.store.engine() == store::Engine::sqlite) {
    store::Ledger::require_free(location);
    // An empty file that another user put there would be that user's ledger.
    request.trust.require_owners(find_ledger_files(location, request.directory),
                                 request.store ? Named::explicitly : request.named);
    write_config(directory, config);
    return {store::Ledger::create(location, config.ledger_id), config.store, LedgerOrigin::own};
  }
  store::Ledger ledger = store::Ledger::create_or_join(location, config.ledger_id);
  const auto origin = ledger.id() == config.ledger_id ? LedgerOrigin::own : LedgerOrigin::joined;
  config.ledger_id = ledger.id();
  write_config(directory, config);
  return {std::move(ledger), config.store, origin};
}

EnrolRequest enrol_request(const InitRequest& request) {
  const auto clone = [](const std::optional<SecretBytes>& secret) {
    return secret ? std::optional(secret->clone()) : std::nullopt;
  };
  EnrolRequest wanted;
  wanted.key_spec = request.key_spec;
  wanted.keygen = request.keygen;
  if (!request.subject.empty()) wanted.subject = request.subject;
  wanted.period = request.period;
  wanted.not_after = request.not_after;
  if (request.period || request.not_after) wanted.validity = EnrolRequest::Validity::asked;
  if (request.parent) wanted.issuer_chain = request.parent->directory.chain();
  wanted.past_issuer = request.past_issuer;
  wanted.path_length = request.path_length;
  wanted.name_constraints = request.name_constraints;
  wanted.key_passphrase = clone(request.key_passphrase);
  wanted.open_existing_key = request.open_existing_key;
  wanted.open_key = request.open_key;
  wanted.owners = request.trust.owners();
  wanted.challenge_password = clone(request.challenge_password);
  wanted.unstructured_name = request.unstructured_name;
  wanted.existing = request.existing;
  wanted.rehearsal = request.rehearsal;
  wanted.lock_timeout = request.lock_timeout;
  return wanted;
}

/// Signs for a CA that is being made: with its own key, or with its parent's.
class NewCaIssuer final {
 public:
  NewCaIssuer(const InitRequest& request, const profile::Profile& profile, store::Ledger& ledger,
              const ca::Issuer::Surroundings& surroundings)
      : m_request(request), m_profile(profile), m_ledger(ledger), m_surroundings(surroundings) {}

  ca::Issuer& operator()(const crypto::PrivateKey* subject_key) {
    const auto& parent = m_request.parent;
    if (!parent && subject_key == nullptr) {
      throw Error(Errc::internal, "a root is asked for without its key");
    }
    const crypto::PrivateKey& key = parent ? parent->key : *subject_key;
    m_signer = make_signer(key, m_profile.digest);
    m_issuer = std::make_unique<ca::Issuer>(
        parent ? ca::Issuer(*m_signer, parent->directory.chain(), m_ledger, m_surroundings)
               : ca::Issuer::for_new_root(*m_signer, m_ledger, m_surroundings));
    return *m_issuer;
  }

 private:
  const InitRequest& m_request;
  const profile::Profile& m_profile;
  store::Ledger& m_ledger;
  const ca::Issuer::Surroundings& m_surroundings;
  std::unique_ptr<crypto::Signer> m_signer;
  std::unique_ptr<ca::Issuer> m_issuer;
};

/// Everything that can be refused is refused before there is a directory.
void require_grantable_ca(const InitRequest& request, const profile::Profile& profile,
                          const ca::Issuer::Surroundings& surroundings) {
  store::Ledger nowhere = store::Ledger::create_in_memory(store::make_ledger_id());
  NewCaIssuer issuer(request, profile, request.parent ? request.parent->ledger : nowhere,
                     surroundings);
  require_grantable(
      enrol_request(request), profile,
      [&issuer](const crypto::PublicKey& /*subject_key*/,
                const crypto::PrivateKey* subject_private_key) -> ca::Issuer& {
        return issuer(subject_private_key);
      },
      surroundings.context);
}

/// `ledger` is where the issuer records: the parent's, or the CA's own.
Enrolled run(const InitRequest& request, const profile::Profile& profile, store::Ledger& ledger,
             store::Ledger& own, const ca::Issuer::Surroundings& surroundings) {
  NewCaIssuer issuer(request, profile, ledger, surroundings);
  const IssuerSource source = [&issuer](
                                  const crypto::PublicKey& /*subject_key*/,
                                  const crypto::PrivateKey* subject_private_key) -> ca::Issuer& {
    return issuer(subject_private_key);
  };
  EnrolRequest wanted = enrol_request(request);
  // A CA whose certificate stands is known to its ledger and has a ledger.head, also where this is
  // cut short or finds no room.
  wanted.before = [&](const x509::Certificate& certificate) {
    join_ledger(Directory::open(request.directory), own, certificate, surroundings);
    return chain_files(certificate, request);
  };
  DirectorySet output(request.directory, "ca", SetOwner::ca);
  return enrol(wanted, profile, source, ledger, output, surroundings);
}

}  // namespace

namespace {

/// How `to` is reached from `from`; neither need be there.
Path way(const Path& from, const Path& to) {
  const auto resolved = [](const Path& path) {
    std::error_code ignored;
    const Path found = std::filesystem::weakly_canonical(std::filesystem::absolute(path), ignored);
    return found.has_filename() ? found : found.parent_path();
  };
  return resolved(to).lexically_relative(resolved(from));
}

[[noreturn]] void refuse_open_directory(const Path& path) {
  const std::string shown = printable(path.native());
  throw Error(Errc::open_permissions,
              format("{} is not empty and can be read or written by others", shown),
              format("chmod 700 {}, or choose a new directory with --ca", shown));
}

/// A directory in which another user could replace everything that is put there.
void require_own_directory(const Directory& directory, const InitRequest& request) {
  request.trust.require_owner(printable(directory.path().native()), directory.owner(),
                              request.named);
}

}  // namespace

Directory open_new_directory(const InitRequest& request) {
  const Path& path = request.directory;
  // A directory made here is ours, even if a file server shows another owner (root squash).
  const bool found = name_exists(path);
  Directory directory = Directory::make(path);
  if (found) require_own_directory(directory, request);
  if (directory.openness() == Openness::open && !directory.make_private_if_empty()) {
    refuse_open_directory(path);
  }
  return directory;
}

void require_fit_directory(const InitRequest& request) {
  const Path& path = request.directory;
  if (!name_exists(path)) return;
  const Directory directory = Directory::open(path);
  require_own_directory(directory, request);
  if (directory.openness() == Openness::open && !directory.list().empty()) {
    refuse_open_directory(path);
  }
  if (!directory.contains("ca.toml")) require_no_ca(directory);
}

void require_ledger_place(const InitRequest& request) {
  CaConfig config;
  config.store = request.store.value_or(config.store);
  const Path begun = request.directory / "ca.toml";
  if (config.store.engine() != store::Engine::sqlite || name_exists(begun)) return;
  const auto location = config.ledger_location(request.directory, request.lock_timeout);
  const Path folder = location.file.has_parent_path() ? location.file.parent_path() : Path(".");
  const Path below = way(folder, request.directory);
  if (below == ".") return;
  const bool made_with_ca = !below.empty() && *below.begin() != "..";
  std::error_code ignored;
  if (!made_with_ca && !std::filesystem::is_directory(folder, ignored)) {
    throw Error(Errc::io,
                format("cannot make {}: there is no directory {}",
                       printable(location.file.native()), printable(folder.native())),
                "make it first, or name another file with --store");
  }
  try {
    store::Ledger::require_free(location);
  } catch (const Error&) {
    // Another process that makes the same CA puts the ledger there, after its ca.toml.
    if (!name_exists(begun)) throw;
  }
}

OwnLedger open_new_ledger(const InitRequest& request,
                          const ca::Issuer::Surroundings& surroundings) {
  Directory directory = Directory::open(request.directory);
  directory.lock(request.lock_timeout);
  const store::Author author = author_of(surroundings);
  return directory.contains("ca.toml") ? open_own_ledger(directory, request, author)
                                       : make_own_ledger(directory, request, author);
}

void join_ledger(const Directory& directory, store::Ledger& own,
                 const x509::Certificate& certificate,
                 const ca::Issuer::Surroundings& surroundings) {
  const store::IssuerId self = own.add_issuer(certificate.subject(), certificate.public_key(),
                                              certificate, author_of(surroundings));
  advance_ledger_head(directory, {.ledger_id = own.id(), .head = own.log_head(self)});
}

void refuse_existing_ca(const Path& directory) {
  throw Error(
      Errc::would_overwrite,
      format("{} is a CA already and is never overwritten", printable(directory.native())),
      "choose another directory with --ca, or pass --if-missing to keep it where it matches");
}

namespace {

/// --dry-run: nothing is written, recorded or signed.
Initialised rehearse(const InitRequest& request, const profile::Profile& profile,
                     const ca::Issuer::Surroundings& surroundings) {
  require_fit_directory(request);
  OwnLedger own = rehearse_own_ledger(request, author_of(surroundings));
  Enrolled enrolled = run(request, profile, request.parent ? request.parent->ledger : own.ledger,
                          own.ledger, surroundings);
  if (enrolled.outcome == Outcome::unchanged &&
      !find_missing_chain(Directory::open(request.directory), enrolled.certificate, request)
           .empty()) {
    enrolled.outcome = Outcome::rehearsed_completion;
  }
  return {std::move(enrolled), {}, own.store};
}

}  // namespace

Initialised init_ca(const InitRequest& request, const profile::Profile& profile,
                    const ca::Issuer::Surroundings& surroundings) {
  const bool root = profile.role == profile::Role::root_ca;
  if (root == request.parent.has_value() ||
      (!root && profile.role != profile::Role::intermediate_ca)) {
    throw Error(
        Errc::denied_by_profile,
        format("profile '{}' is for {}, not for {}", profile.name, profile::name(profile.role),
               request.parent ? "an intermediate CA" : "a root CA"),
        "name another one with --profile");
  }
  if (request.store) require_ledger_name(*request.store, request.directory);
  if (request.existing != Existing::keep && name_exists(request.directory / "ca.crt")) {
    refuse_existing_ca(request.directory);
  }
  require_ledger_place(request);
  if (request.rehearsal == Rehearsal::yes) return rehearse(request, profile, surroundings);
  if (!name_exists(request.directory / "ca.crt")) {
    require_grantable_ca(request, profile, surroundings);
  }
  const Directory directory = open_new_directory(request);
  OwnLedger own = open_new_ledger(request, surroundings);
  Initialised result{run(request, profile, request.parent ? request.parent->ledger : own.ledger,
                         own.ledger, surroundings),
                     {},
                     own.store,
                     own.origin};
  if (request.parent) put_ledger_warnings(result.enrolled, own.ledger);
  if (result.enrolled.outcome == Outcome::unchanged &&
      complete_chain(result.enrolled.certificate, request)) {
    result.enrolled.outcome = Outcome::completed;
  }
  join_ledger(
      directory, own.ledger,
      CaDirectory::open(request.directory, Named::explicitly, request.trust.owners()).certificate(),
      surroundings);
  for (const char* name :
       {"ca.key", "ca.csr", "ca.crt", "chain.crt", "root.crt", "ca.toml", "ca.db", "ledger.head"}) {
    if (directory.contains(name)) {
      result.files.push_back((request.directory / name).lexically_normal().native());
    }
  }
  return result;
}

}  // namespace mtls::authority
