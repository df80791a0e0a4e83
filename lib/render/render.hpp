// Configuration for whatever enforces mutual TLS, out of what a CA directory says.
#pragma once

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/secret.hpp"
#include "render/settings.hpp"
#include "render/trust_facts.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::render {

/// What the user should know of a result. A warning says that it will not do what was meant.
struct Notice {
  enum class Level { note, warning };
  Level level;
  std::string text;
  std::string hint;
};

/// The listener's own certificate and key, for targets that hold them instead of naming files:
/// PEM, known to belong together.
struct ServerIdentity {
  std::string certificate_pem;
  SecretBytes key_pem;
};

struct RenderRequest {
  Target target;
  TrustFacts facts;
  Settings settings;
  UnixTime at;  // for what is expired or stale
  std::optional<ServerIdentity> server;
  std::vector<Notice> notices = {};  // of whoever gathered it: come before those of render
};

struct Rendered {
  SecretBytes text;   // it may hold a private key
  Access access;      // secret where it does
  std::string probe;  // the command that proves it
  std::vector<Notice> notices;
};

/// Returns the configuration, which ends with the probe command. Throws usage and missing_value as
/// check_settings does and for whatever would be one-way TLS, or none, in silence; bad_name for a
/// value that the format cannot quote; too_large for a Secret over 1 MiB; internal where template
/// and values do not fit.
[[nodiscard]] Rendered render(const RenderRequest& request);

}  // namespace mtls::render
