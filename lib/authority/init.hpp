// Making a CA directory: a root, or an intermediate under another CA directory.
#pragma once

#include "authority/ca_directory.hpp"
#include "authority/enrol.hpp"

namespace mtls::authority {

struct InitRequest {
  Path directory;
  x509::Name subject;
  std::optional<crypto::KeySpec> key_spec;
  crypto::Keygen keygen = crypto::Keygen::standard;
  std::optional<std::chrono::seconds> period;
  std::optional<UnixTime> not_after;
  ca::ValidityPast past_issuer = ca::ValidityPast::clip;
  std::optional<unsigned> path_length;
  x509::NameConstraints name_constraints;
  std::optional<SecretBytes> key_passphrase;  // the new key's
  crypto::PassphraseSource open_existing_key;
  OpenKey open_key = OpenKey::refuse;  // for a ca.key that an interrupted run left
  /// Judges whose a directory is that is there already, as it was `named`. What an interrupted run
  /// left in it is never lifted.
  FileTrust trust;
  Named named = Named::explicitly;
  std::optional<SecretBytes> challenge_password;
  std::optional<std::string> unstructured_name;
  Existing existing = Existing::refuse;  // refuse or keep; a CA is never replaced
  Rehearsal rehearsal = Rehearsal::no;
  std::chrono::milliseconds lock_timeout{30'000};
  /// Where the new CA's ledger shall be (default: ca.db in the directory). A ledger that stands in
  /// a database of PostgreSQL's is joined.
  std::optional<store::StoreUrl> store;
  /// For an intermediate: the CA that signs it, its key and ledger opened.
  struct Parent {
    const CaDirectory& directory;
    const crypto::PrivateKey& key;
    store::Ledger& ledger;
  };
  std::optional<Parent> parent;
};

/// Whether `init` made the CA's ledger or found one of other CAs.
enum class LedgerOrigin { own, joined };

struct Initialised {
  Enrolled enrolled;
  std::vector<std::string> files;  // everything that the directory now holds of ours
  store::StoreUrl store;           // where its ledger is
  LedgerOrigin ledger = LedgerOrigin::own;
};

/// Throws would_overwrite: a CA stands in `directory` and is never overwritten.
[[noreturn]] void refuse_existing_ca(const Path& directory);

/// Makes the directory (0700), ca.toml, the ledger, key, CSR, certificate, chain.crt and root.crt;
/// ca.crt last, so that a run that was cut short is seen and completed by the same call. Throws
/// would_overwrite where the CA is complete (unless `keep`), open_permissions where the directory
/// exists and others can enter it, foreign_owner where it or what is in it belongs to a user who is
/// not trusted, and all that enrol throws.
[[nodiscard]] Initialised init_ca(const InitRequest& request, const profile::Profile& profile,
                                  const ca::Issuer::Surroundings& surroundings);

}  // namespace mtls::authority
