#include "cmd/trust_options.hpp"

namespace mtls::cmd {

void TrustOptions::add_to(OptionSet& options) {
  options.flag("--allow-open-key", allow_open_key,
               "Use a key, CA directory or ledger that others own, can read or can write");
}

authority::FileTrust TrustOptions::trust(Session& session) const {
  return {trusted_owners(), open_key(),
          [&session](const auto& message, const auto& hint) { session.warn_once(message, hint); }};
}

TrustedOwners trusted_owners() {
  const auto invoker = environment("SUDO_UID");
  return TrustedOwners::of_process(invoker ? parse_user_id(*invoker) : std::nullopt);
}

}  // namespace mtls::cmd
