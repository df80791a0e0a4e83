// Directives of nginx that reach past the settings of a server. Private to this room.
#pragma once

#include "render/comparison.hpp"
#include "render/nginx_configuration.hpp"

namespace mtls::render {

/// Reports, wherever they are, the directives that may change TLS, the check of client certificates
/// or which server answers, and whose effect is not known here: modules that are loaded, scripts
/// (perl, lua, js), `ssl_*` that is not in the list of what is harmless or compared elsewhere, and
/// files that are included and cannot be seen. All other directives are processed after nginx has
/// checked the certificate.
void check_judged_directives(Comparison& comparison, const NginxConfiguration& configuration);

}  // namespace mtls::render
