// The options that every command has.
#pragma once

#include "base/file.hpp"
#include "cmd/messages.hpp"
#include "cmd/option_set.hpp"

#include <optional>
#include <string>

namespace mtls::cmd {

enum class Format { text, json };

/// The longest --actor and MTLSCTL_ACTOR, in octets.
inline constexpr std::size_t k_actor_limit = 1000;

/// Parsed into before the command runs, then only read.
struct CommonOptions {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_input = false;
  std::optional<Path> trace;
  std::optional<std::string> actor;

  void add_to(OptionSet& options);
  [[nodiscard]] Format format() const noexcept { return json ? Format::json : Format::text; }
  [[nodiscard]] Verbosity verbosity() const noexcept;
  /// Throws usage for --quiet together with --verbose.
  void check() const;
};

}  // namespace mtls::cmd
