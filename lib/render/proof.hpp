// The commands that prove what a listener does.
#pragma once

#include "render/settings.hpp"

#include <string>

namespace mtls::render {

/// Who tries what. Texts are as they would be typed, not yet quoted.
struct Proof {
  Host host;
  std::uint16_t port;
  std::string client_certificate;
  std::string client_key;
  std::string server_trust;  // a file, or "system"
  std::optional<ResolveEntry> resolve;

  [[nodiscard]] std::string url() const;  // "https://localhost:8443/"
};

/// The proof of a listener on `port` under the first of `settings`' hosts, or `fallback`.
[[nodiscard]] Proof make_proof(const Settings& settings, std::string_view fallback,
                               std::uint16_t port, const std::string& server_trust);
/// The proof behind an ALB: port 443 and the guide's host unless said otherwise.
[[nodiscard]] Proof make_alb_proof(const Settings& settings);

/// Returns "mtlsctl probe URL …", quoted for a shell. Throws bad_name.
[[nodiscard]] std::string probe_command(const Proof& proof);

/// The host of the guide.
inline constexpr std::string_view k_guide_host = "alb.ingress.alibaba.com";

}  // namespace mtls::render
