// The first steps of making a CA directory, whoever signs the CA.
#pragma once

#include "authority/init.hpp"

namespace mtls::authority {

/// The directory before anything is put into it: made 0700, or found to be ours alone
/// (foreign_owner, open_permissions where it is neither empty nor closed to others).
[[nodiscard]] Directory open_new_directory(const InitRequest& request);

/// What open_new_directory and open_new_ledger would refuse a directory for, without making
/// anything: for rehearsals.
void require_fit_directory(const InitRequest& request);

/// Throws what open_new_ledger would refuse the place of a ledger's file for (would_overwrite, or
/// what keeps its directory from being opened), before anything is made. Nothing is said of one in
/// the CA directory itself, nor where ca.toml stands, which says what is gone on with: those are
/// looked at under the lock.
void require_ledger_place(const InitRequest& request);

/// The ledger of the new CA, and how it came to be.
struct OwnLedger {
  store::Ledger ledger;
  store::StoreUrl store;
  LedgerOrigin origin;
};
/// Writes ca.toml and makes the ledger, or goes on with those that a run that was cut short left.
/// Locked: of several processes that start at once, one writes the ca.toml and all go on with it.
/// The lock ends here.
[[nodiscard]] OwnLedger open_new_ledger(const InitRequest& request,
                                        const ca::Issuer::Surroundings& surroundings);

/// Puts the CA with its certificate into its own ledger, and ledger.head at the end of its log:
/// before ca.crt is published, so that a CA that stands is always known to its ledger and has a
/// ledger.head.
void join_ledger(const Directory& directory, store::Ledger& own,
                 const x509::Certificate& certificate,
                 const ca::Issuer::Surroundings& surroundings);

}  // namespace mtls::authority
