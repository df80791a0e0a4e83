// What `serve` answers: who the client is, as JSON or as a page.
#pragma once

#include "cmd/json.hpp"
#include "tls/peer.hpp"
#include "tls/served_http.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mtls::cmd {

/// Returns the answer to `request` of `peer`: a page where the client asks for text/html and not
/// for JSON, else JSON. Everything that comes from certificates or the request is escaped.
[[nodiscard]] tls::ServedResponse answer(const tls::ServedRequest& request, const tls::Peer& peer);

/// The headers that an ALB adds for its back end, values printable.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> forwarded_headers(
    const tls::Peer& peer);

/// `text` with what HTML takes for markup as character references.
[[nodiscard]] std::string html_escaped(std::string_view text);

}  // namespace mtls::cmd
