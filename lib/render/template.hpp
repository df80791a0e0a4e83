// A mustache template, and filling it.
#pragma once

#include "render/quoting.hpp"
#include "render/values.hpp"

#include <string>
#include <string_view>

namespace mtls::render {

/// Returns `text` with every tag replaced by its value, quoted as `dialect` has it. mustache makes
/// an empty text of a name that it does not know, and an empty CA path is one-way TLS: so the tags
/// are held against the values first. Throws internal (`name` names the template): a tag that the
/// values lack or have as another kind, a value that no tag uses, `{{{`, `{{&`, partials, other
/// delimiters, sections that do not match; bad_name for a value that cannot be quoted.
[[nodiscard]] std::string fill(std::string_view name, std::string_view text, const Values& values,
                               Dialect dialect);

}  // namespace mtls::render
