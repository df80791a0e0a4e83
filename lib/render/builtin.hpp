// The templates that are compiled in: templates/*.mustache, octet by octet (see mtls_embed).
// Private to this room.
#pragma once

#include <span>
#include <string_view>

namespace mtls::render {

struct BuiltinTemplate {
  std::string_view name;  // the file's, without .mustache: the target's word
  std::string_view text;
};

[[nodiscard]] std::span<const BuiltinTemplate> builtin_templates() noexcept;

}  // namespace mtls::render
