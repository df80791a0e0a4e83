// The tags of a template, as its author wrote them. Private to this room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

/// A tag, and what stands within it if it is a section.
struct Tag {
  enum class Kind {
    variable,
    section,   ///< {{#name}}: once for each item of a list
    inverted,  ///< {{^name}}: once for an empty list
  };
  Kind kind;
  std::string name;
  std::vector<Tag> inner;
};

/// Returns the tags of `text` in order. Throws internal for a tag that is not closed, a section
/// without its end, and the forms that are banned here: `{{{`, `{{&`, `{{>`, `{{=`.
[[nodiscard]] std::vector<Tag> read_tags(std::string_view text);

}  // namespace mtls::render
