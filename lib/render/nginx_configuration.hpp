// A configuration of nginx out of all its files. Private to this room.
#pragma once

#include "render/config_words.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

/// What nginx reads: one file, or several as `nginx -T` prints them, each behind the heading
/// "# configuration file PATH:".
struct NginxConfiguration {
  /// Included files stand in the place of their `include`. One that is not here stays as it is: a
  /// pattern that no printed file matches is gone, as it is for nginx.
  std::vector<NginxDirective> directives;
  /// Where the main file stands, as printed; empty where that is not known.
  std::string directory;
};

/// Throws malformed as read_nginx does, and for includes without end.
[[nodiscard]] NginxConfiguration read_nginx_configuration(std::string_view text);

}  // namespace mtls::render
