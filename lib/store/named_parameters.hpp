// SQL with `:name` parameters, for an engine that has only `$1`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mtls::store {

struct NumberedSql {
  std::string text;                // with $1, $2 …
  std::vector<std::string> names;  // of $1, $2 …, without the colon; each once
};

/// Rewrites every `:name` outside of literals, quoted identifiers, comments and `::type`. A name
/// that is used twice gets one number.
[[nodiscard]] NumberedSql number_parameters(std::string_view sql);

}  // namespace mtls::store
