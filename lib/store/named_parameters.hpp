// SQL with `:name` parameters, for an engine that has only `$1`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::store {

struct NumberedSql {
  std::string text;                // with $1, $2 …
  std::vector<std::string> names;  // of $1, $2 …, without the colon; each once
};

/// How many columns the rows of a statement's answer have: those of a SELECT, or behind RETURNING;
/// 0 for any other INSERT, UPDATE or DELETE. Nothing for `SELECT *` and all other statements.
[[nodiscard]] std::optional<int> count_result_columns(std::string_view sql);

/// Rewrites every `:name` outside of literals, quoted identifiers, comments and `::type`. A name
/// that is used twice gets one number.
[[nodiscard]] NumberedSql number_parameters(std::string_view sql);

}  // namespace mtls::store
