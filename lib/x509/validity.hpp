// Validity (RFC 5280 section 4.1.2.5): both ends belong to it.
#pragma once

#include "base/clock.hpp"

namespace mtls::x509 {

struct Validity {
  UnixTime not_before;
  UnixTime not_after;
  [[nodiscard]] bool contains(UnixTime time) const noexcept {
    return not_before <= time && time <= not_after;
  }
  bool operator==(const Validity& other) const = default;
};

}  // namespace mtls::x509
