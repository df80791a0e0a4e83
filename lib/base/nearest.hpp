// "Did you mean": the known word nearest to a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mtls {

/// Returns the member of `known` nearest to `word` (at most two edits, where two swapped neighbours
/// are one, and fewer than half of its letters), or an empty view.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string>& known);

}  // namespace mtls
