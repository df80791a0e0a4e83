// Whose files a command trusts, and the flag that lifts it.
#pragma once

#include "authority/file_trust.hpp"
#include "cmd/option_set.hpp"
#include "cmd/session.hpp"

namespace mtls::cmd {

/// --allow-open-key of the commands that use a private key, sign, or write a ledger.
struct TrustOptions {
  bool allow_open_key = false;

  void add_to(OptionSet& options);
  [[nodiscard]] authority::OpenKey open_key() const {
    return allow_open_key ? authority::OpenKey::allow : authority::OpenKey::refuse;
  }
  /// Trusts trusted_owners(); what is lifted is a warning of `session`, which must outlive it.
  [[nodiscard]] authority::FileTrust trust(Session& session) const;
};

/// The effective user, root, and with effective user root the user of SUDO_UID.
[[nodiscard]] TrustedOwners trusted_owners();

}  // namespace mtls::cmd
