// How long: --days as in the guide, --validity, or an end.
#pragma once

#include "base/clock.hpp"
#include "ca/issuer.hpp"
#include "cmd/option_set.hpp"

#include <chrono>
#include <optional>

namespace mtls::cmd {

struct ValidityOptions {
  std::optional<std::chrono::seconds> days;
  std::optional<std::chrono::seconds> validity;
  std::optional<UnixTime> not_after;
  bool strict = false;

  void add_to(OptionSet& options);
  /// Throws usage where two of them say the length.
  void check() const;
  /// The length asked for; nothing: an end, or the profile's default.
  [[nodiscard]] std::optional<std::chrono::seconds> period() const {
    return days ? days : validity;
  }
  [[nodiscard]] ca::ValidityPast past_issuer() const {
    return strict ? ca::ValidityPast::refuse : ca::ValidityPast::clip;
  }
};

}  // namespace mtls::cmd
