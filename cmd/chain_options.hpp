// Whether a certificate file holds the intermediates above the certificate too.
#pragma once

#include "authority/ca_directory.hpp"
#include "cmd/option_set.hpp"

#include <vector>

namespace mtls::cmd {

struct ChainOptions {
  bool no_chain = false;

  /// Adds --no-chain, and --chain of earlier versions as an error with a hint.
  void add_to(OptionSet& options);
  /// What goes behind a certificate that `ca` issued: its intermediates, never the root.
  [[nodiscard]] std::vector<x509::Certificate> choose(const authority::CaDirectory& ca) const;
};

}  // namespace mtls::cmd
