// What nginx answers before it has looked at a client certificate. Private to this room.
#pragma once

#include "render/comparison.hpp"
#include "render/nginx_server.hpp"

namespace mtls::render {

/// nginx refuses a client without a good certificate by an HTTP error of its own (495, 496; 497 for
/// plain HTTP), and answers a request that it cannot read with others (400, 494 ...) before it
/// looks at the certificate. An `error_page` for one of them starts an internal redirect, which is
/// processed without that check. Reports each that is in force for `server` and does not provably
/// refuse: a redirect to another URL, or a single exact or named location that does nothing but
/// `return` 4xx or 5xx, in a server without rewriting of its own, which would run first.
void check_error_pages(Comparison& comparison, const NginxServer& server);

}  // namespace mtls::render
