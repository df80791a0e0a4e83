// ledger.head: the last log head that this CA directory has seen; and whether a ledger is the one
// that was used with it.
#pragma once

#include "base/file.hpp"
#include "store/ledger.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mtls::authority {

/// What `ledger.head` holds: which ledger was used, and how far its log had come. A ledger whose
/// log does not hold that entry was rolled back or replaced.
struct SeenHead {
  std::string ledger_id;
  store::LogHead head;
};

/// What comparing a ledger with ledger.head says.
enum class SeenVerdict {
  held,          // the log holds the entry that was seen last
  absent,        // there is no ledger.head: nothing was compared
  unreadable,    // it is there and holds no head
  other_ledger,  // it is of a ledger of another id
  not_held,      // the log does not hold the entry: it was rolled back or replaced
};
[[nodiscard]] std::string_view name(SeenVerdict verdict) noexcept;

/// The verdict, and for a person why it is no better and what to do.
struct SeenState {
  SeenVerdict verdict;
  std::optional<SeenHead> seen = {};
  std::string message = {};  // empty where held
  std::string hint = {};
};

/// Compares `ledger` with the ledger.head of the CA directory whose certificate is `ca`. What
/// ledger.head itself suffers from is a verdict, also where this user may not read it.
[[nodiscard]] SeenState compare_ledger_head(const Directory& directory, const store::Ledger& ledger,
                                            const x509::Certificate& ca);

/// Throws where `ledger` is not the one that the CA directory with this certificate used last:
/// ledger_damaged where ledger.head cannot tell (permission where this user may not read it),
/// ledger_mismatch where it is of another ledger, ledger_rolled_back where its log does not hold
/// the entry.
void require_seen(const Directory& directory, const store::Ledger& ledger,
                  const x509::Certificate& ca);

/// The same for whoever only reads the ledger, and as require_issuer; where the log has gone on,
/// notes its head (note_ledger_head).
void require_seen_and_note(const Directory& directory, const store::Ledger& ledger,
                           const x509::Certificate& ca);

/// Returns the issuer that `ca` is in `ledger`. Throws ledger_mismatch where it is not there: such
/// a ledger is another CA's, or an empty one, whatever its id. A CA is put in when it is made or
/// adopted, and by `store import`.
[[nodiscard]] store::IssuerId require_issuer(const store::Ledger& ledger,
                                             const x509::Certificate& ca);

/// What to do about a ledger that does not know the CA.
[[nodiscard]] std::string_view lost_issuer_hint() noexcept;

/// Whether `ledger` was of schema 1 until just now and holds no CA: then nothing was issued from it
/// yet, and an intermediate was put in only when it first issued.
[[nodiscard]] bool was_never_used(const store::Ledger& ledger);

/// Notes that the log has come as far as `seen`; an earlier head than the one that stands there is
/// not written, since of two processes the slower may come last. Throws ledger_mismatch where what
/// stands there is of another ledger, ledger_rolled_back where it is the same number with another
/// hash: one of the two logs is not this one.
void advance_ledger_head(const Directory& directory, const SeenHead& seen);

/// The same for whoever only reads the ledger: where a ledger.head stands, and can be written
/// without waiting. It is no error where it cannot.
void note_ledger_head(const Directory& directory, const SeenHead& seen);

/// Throws what `reset_ledger_head` would, as far as can be told before: an acceptance whose head
/// cannot be written would stand in the log for nothing.
void require_resettable_head(const Directory& directory);

/// Writes `seen` whatever stands there: somebody answers for it. Throws io where that is a
/// directory.
void reset_ledger_head(const Directory& directory, const SeenHead& seen);

}  // namespace mtls::authority
