#include "cmd/chain_options.hpp"

namespace mtls::cmd {

void ChainOptions::add_to(OptionSet& options) {
  options.flag("--no-chain", no_chain,
               "Write the certificate alone, without the intermediates above it");
  options.removed("--chain",
                  "leave it out: certificate files contain the intermediates by default now "
                  "(--no-chain omits them)");
}

std::vector<x509::Certificate> ChainOptions::choose(const authority::CaDirectory& ca) const {
  return no_chain ? std::vector<x509::Certificate>() : ca.intermediates();
}

}  // namespace mtls::cmd
