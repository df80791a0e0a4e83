// ledger.head: the last log head that this CA directory has seen.
#pragma once

#include "base/file.hpp"
#include "store/ledger.hpp"

#include <optional>
#include <string>

namespace mtls::authority {

/// What `ledger.head` holds: which ledger was used, and how far its log had come. A ledger whose
/// log does not hold that entry was rolled back or replaced.
struct SeenHead {
  std::string ledger_id;
  store::LogHead head;
};

/// Reads it; nothing where there is none yet. Throws ledger_damaged where it holds anything else.
[[nodiscard]] std::optional<SeenHead> read_ledger_head(const Directory& directory);

/// Throws where `ledger` is not the one that the CA directory with this certificate used last:
/// ledger_mismatch where `seen` is of another, ledger_rolled_back where its log does not hold it.
void require_seen(const store::Ledger& ledger, const SeenHead& seen, const x509::Certificate& ca,
                  const Directory& directory);

/// Notes that the log has come as far as `seen`; an earlier head than the one that stands there is
/// not written, since of two processes the slower may come last.
void advance_ledger_head(const Directory& directory, const SeenHead& seen);

/// Writes `seen` whatever stands there: somebody answers for it.
void reset_ledger_head(const Directory& directory, const SeenHead& seen);

}  // namespace mtls::authority
