// Clients of other names of the port, which `probe` shows to the one that is probed.
#pragma once

#include "cmd/identity_files.hpp"
#include "cmd/option_set.hpp"
#include "cmd/probe_target.hpp"
#include "cmd/secret_source.hpp"
#include "cmd/signing_options.hpp"
#include "probe/probe.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::cmd {

/// NAME=CERT,KEY.
struct NeighbourFiles {
  std::string name;  // a DNS name in lower case, without a dot at its end
  IdentityFiles files;
};

struct NeighbourOptions {
  std::vector<NeighbourFiles> neighbours;
  std::optional<SecretSource> passphrase;

  void add_to(OptionSet& options);
  /// Throws usage for a name that is given twice or is the target's own, and for a passphrase
  /// without a key that it could open.
  void check(const TargetOptions& target) const;
  /// Reads the files. Throws as read_identity does.
  [[nodiscard]] std::vector<probe::Neighbour> read(const TargetOptions& target,
                                                   const SigningOptions& signing,
                                                   Session& session) const;
};

}  // namespace mtls::cmd
