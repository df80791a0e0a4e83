// Whether a configuration that is live still says what the CA directory says.
#pragma once

#include "render/render.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

/// A setting that is not as it would be rendered now. Texts are safe to show.
struct Difference {
  std::string setting;   // where it stands: "server localhost, line 12: ssl_verify_client"
  std::string expected;  // what would be right
  std::string found;     // what is there; "nothing" where it is missing
};

/// Reads a file that a configuration names. Throws as mtls::read_file does.
using ReadFile = std::function<SecretBytes(const std::string& path)>;

/// Throws usage for a target that is a script: nothing of it is live.
void require_checkable(Target target);

/// Compares `live`, the text of a configuration, with what `request` would render: the CA
/// certificates and CRLs it trusts by their octets, whether it demands a certificate, and whatever
/// undoes that. What does not concern who is let in may differ. Nothing in the list: it holds.
/// Throws as require_checkable, malformed for a text that cannot be read; a file
/// that `live` names and that cannot be read is a difference.
[[nodiscard]] std::vector<Difference> check(const RenderRequest& request, std::string_view live,
                                            const ReadFile& read);

}  // namespace mtls::render
