// What nginx, HAProxy and Envoy have in common. Private to this room.
#pragma once

#include "render/draft.hpp"

#include <optional>
#include <string>

namespace mtls::render {

struct ServerListener {
  HostPort listen;
  Proof proof;
  std::string trust_path;               // of the root's certificate, as the server sees it
  std::optional<std::string> crl_path;  // nothing: there is no CRL
};

/// Reads it off a request; 127.0.0.1:8443 unless said otherwise. Throws missing_value where it
/// listens to more than this machine and no host name was given.
[[nodiscard]] ServerListener server_listener(const RenderRequest& request);

/// Notes that go with any of the three.
[[nodiscard]] std::vector<Notice> server_notices(const RenderRequest& request);

}  // namespace mtls::render
