// Where the identities come from that cannot be made without a CA.
#pragma once

#include "probe/catalogue.hpp"
#include "tls/attempt.hpp"

#include <optional>

namespace mtls::probe {

/// Gives identities for E1 to E5 and I1 to I5. Asked once each, from one thread, and only when the
/// listener has let the good client in: what a CA signs for it is signed for a purpose.
class IdentitySource {
 public:
  IdentitySource() = default;
  IdentitySource(const IdentitySource&) = delete;
  IdentitySource& operator=(const IdentitySource&) = delete;
  virtual ~IdentitySource() = default;

  /// Nothing where there is none; throws what stops the whole run.
  [[nodiscard]] virtual std::optional<tls::Identity> find(Id id) = 0;
};

}  // namespace mtls::probe
