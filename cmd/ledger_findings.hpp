// What the ledgers that were asked say of a path beside revocation.
#pragma once

#include "cmd/ledger_revocation.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace mtls::cmd {

/// The path of a verdict: the judged certificate first, the anchor last.
using CertificatePath = std::vector<x509::Certificate>;

/// A certificate of a path that the ledger of its CA does not have as issued.
struct NotRecorded {
  std::size_t depth;
  /// What a ledger has it as; nothing where none has it.
  std::optional<store::State> state;
};

/// Those below the anchor whose issuer a ledger knows.
[[nodiscard]] std::vector<NotRecorded> find_not_recorded(const CertificatePath& path,
                                                         const LedgersRevocation& revocation);

/// A CA whose ledger is asked beside that of the CA directory.
struct FurtherCa {
  x509::Certificate certificate;
  std::shared_ptr<const store::Ledger> ledger;
};

/// Whether its ledger can say anything of the path: the CA is on it, or shares its ledger with one
/// that is.
[[nodiscard]] bool concerns(const FurtherCa& ca, const CertificatePath& path);

}  // namespace mtls::cmd
