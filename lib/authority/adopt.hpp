// Taking over a CA that another tool made: its certificate and key, into a CA directory of ours.
#pragma once

#include "authority/ca_defects.hpp"
#include "authority/enrol.hpp"
#include "authority/init.hpp"

namespace mtls::authority {

struct AdoptRequest {
  Path directory;
  x509::Certificate certificate;
  crypto::PrivateKey key;
  /// For an intermediate: the CAs above it, the root last.
  std::vector<x509::Certificate> above = {};
  std::optional<SecretBytes> key_passphrase = {};  // encrypts the copy of the key
  /// Opens a copy that an interrupted run left.
  crypto::PassphraseSource open_existing_key = {};
  /// Whether to make a certificate of version 3 with the same key and name, and how long it lives.
  enum class Reissue { no, yes };
  Reissue reissue = Reissue::no;
  std::optional<std::chrono::seconds> period = {};
  std::optional<UnixTime> not_after = {};
  Rehearsal rehearsal = Rehearsal::no;
  std::chrono::milliseconds lock_timeout{30'000};
  std::optional<store::StoreUrl> store = {};
  OpenKey open_key = OpenKey::refuse;  // as in InitRequest
  FileTrust trust = {};
  Named named = Named::explicitly;
};

struct Adopted {
  x509::Certificate certificate;    // what ca.crt holds now; rehearsed reissue: unsigned
  std::vector<CaFinding> findings;  // about the one that was given
  bool reissued = false;
  bool can_issue = false;
  bool key_encrypted = false;
  bool key_reused = false;  // the copy of the key was there already
  std::vector<ca::Notice> notices = {};
  std::vector<std::string> files = {};
  store::StoreUrl store;
  LedgerOrigin ledger = LedgerOrigin::own;
};

/// Makes a CA directory for an existing CA: ca.toml, the ledger with the certificate in it, a copy
/// of the key, chain.crt, root.crt, and ca.crt last, so that a run that was cut short is completed
/// by the same call. With `reissue` ca.crt is a new certificate, recorded and signed as every other
/// (a directory that was adopted without is then gone on with). Throws key_mismatch where key and
/// certificate, or the chain, do not belong together; bad_signature for a root whose own signature
/// is wrong; missing_value for an intermediate without its chain; would_overwrite where a CA is in
/// the directory; what init_ca throws for the directory; weak_key, bad_name and what else prepare
/// refuses when reissuing.
[[nodiscard]] Adopted adopt_ca(const AdoptRequest& request, const profile::Profile& profile,
                               const ca::Issuer::Surroundings& surroundings);

}  // namespace mtls::authority
