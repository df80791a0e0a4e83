// Whether a configuration that is live still says what the CA directory says.
#pragma once

#include "render/render.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

/// A setting that is not as it would be rendered now. Texts are safe to show.
struct Difference {
  /// Whether the setting is wrong, or its effect on who is let in cannot be determined from what
  /// was given. Neither is a match.
  enum class Finding { differs, cannot_tell };

  Finding finding = Finding::differs;
  std::string setting;   // with its place: "server localhost, line 12: ssl_verify_client"
  std::string expected;  // what would be right
  std::string found;     // what is there; "nothing" where it is missing
};

/// Reads a file that a configuration names. Throws as mtls::read_file does.
using ReadFile = std::function<SecretBytes(const std::string& path)>;

/// A file of a configuration.
struct LiveFile {
  std::string name;  // what messages call it; safe to show
  std::string_view text;
  ReadFile read;  // the files that it names
};

/// Throws usage for a target that is a script: nothing of it is live; and for `files` files of one
/// whose configuration is not put together of several (HAProxy's is, by its -f).
void require_checkable(Target target, std::size_t files);

/// Compares `live`, a configuration, with what `request` would render: the CA certificates and CRLs
/// it trusts by their octets, whether it demands a certificate, and whatever undoes that. What does
/// not concern who is let in may differ. An empty list: it matches, which is never the answer where
/// that cannot be told. Several files count in their order. Throws as require_checkable, malformed
/// for a text that cannot be read; a file that `live` names and that cannot be read is a finding.
[[nodiscard]] std::vector<Difference> check(const RenderRequest& request,
                                            std::span<const LiveFile> live);

}  // namespace mtls::render
