// The one sequence: key → prepare → key put → issue → published. Nobody else knows it.
#pragma once

#include "authority/file_trust.hpp"
#include "authority/output_set.hpp"
#include "ca/issuer.hpp"
#include "crypto/private_key.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mtls::authority {

/// What to do where the set stands already.
enum class Existing {
  refuse,       ///< would_overwrite, exit 5
  keep,         ///< --if-missing: a complete, matching, recorded set is left as it is
  replace,      ///< --force: request and certificate, but not a key
  replace_key,  ///< --force --force-key
};

enum class Rehearsal { no, yes };  ///< --dry-run: everything but writing, recording and signing

/// What is wanted.
struct EnrolRequest {
  // The key: one of a new one (spec), one that the caller has (key), or somebody else's (csr).
  std::optional<crypto::KeySpec> key_spec;  // nothing: the profile's default
  crypto::Keygen keygen = crypto::Keygen::standard;
  std::optional<crypto::PrivateKey> key;
  std::optional<x509::CertificateRequest> csr;
  /// Take the CSR's SANs too, where the profile allows.
  bool subject_alt_names_from_csr = false;

  /// Nothing: the CSR's subject, where the profile allows.
  std::optional<x509::Name> subject;
  x509::GeneralNames subject_alt_names;
  std::optional<std::chrono::seconds> period;
  std::optional<UnixTime> not_after;
  /// Whether period or not_after are the caller's own wish and no setting: a set that is kept must
  /// then be as long.
  enum class Validity { by_setting, asked };
  Validity validity = Validity::by_setting;
  /// The CA that issues: its certificate first, then those above it; empty for a new root. What is
  /// kept must be of this CA.
  std::vector<x509::Certificate> issuer_chain;
  ca::ValidityPast past_issuer = ca::ValidityPast::clip;
  std::optional<unsigned> path_length;
  x509::NameConstraints name_constraints;
  std::optional<std::string> request_key;

  /// Encrypts the new key; also opens one that an interrupted run left.
  std::optional<SecretBytes> key_passphrase;
  crypto::PassphraseSource open_existing_key;
  /// Whether a key that stands there may be used although others can read or write it.
  OpenKey open_key = OpenKey::refuse;
  /// Whose a key that stands there may be, which nothing lifts.
  TrustedOwners owners = TrustedOwners::of_process();
  std::optional<SecretBytes> challenge_password;
  std::optional<std::string> unstructured_name;

  Existing existing = Existing::refuse;
  Rehearsal rehearsal = Rehearsal::no;
  std::chrono::milliseconds lock_timeout{30'000};
  /// Certificates to append to the leaf's file: the intermediates, unless it is to be alone.
  std::vector<x509::Certificate> append;
  /// Files to publish before the certificate; given the issued certificate.
  std::function<std::vector<Publication::File>(const x509::Certificate&)> before;
};

/// How it went.
enum class Outcome {
  issued,
  completed,  ///< the certificate was recorded already, and files of its set, or its chain, missing
  unchanged,  ///< --if-missing: it was all there
  rehearsed,  ///< --dry-run
  rehearsed_completion,  ///< --dry-run: the certificate is there, and files or its chain are
                         ///< missing
};
[[nodiscard]] std::string_view name(Outcome outcome) noexcept;

struct Enrolled {
  Outcome outcome;
  x509::Certificate certificate;  // rehearsed: unsigned
  std::vector<ca::Notice> notices;
  std::optional<std::string> key_file;  // names of the set's files, written now or kept
  std::optional<std::string> request_file;
  std::optional<std::string> certificate_file;
  std::size_t in_certificate_file = 1;  // certificates in it: the first, then intermediates
  bool key_encrypted = false;           // the set's own key, as its file is
  /// Whether the private key was there before this run: given, kept, or left by an earlier run.
  bool key_reused = false;
};

/// Gives the issuer for a subject key: always the same one, or (for a root) one over that very key.
using IssuerSource = std::function<ca::Issuer&(const crypto::PublicKey& subject_key,
                                               const crypto::PrivateKey* subject_private_key)>;

/// Runs the sequence under `profile` into `output`. A refusal before the key is put leaves nothing
/// behind; a run that was cut short anywhere is completed by the same call again. Throws
/// would_overwrite, request_key_used, set_mismatch, not_in_ledger, expired (keep), intent_live, and
/// all that prepare, issue and the files throw.
[[nodiscard]] Enrolled enrol(const EnrolRequest& request, const profile::Profile& profile,
                             const IssuerSource& issuer_source, store::Ledger& ledger,
                             OutputSet& output, const ca::Issuer::Surroundings& surroundings);

/// Adds what `ledger` says of its server to the notices; enrol does so for its own.
void put_ledger_warnings(Enrolled& enrolled, const store::Ledger& ledger);

}  // namespace mtls::authority
