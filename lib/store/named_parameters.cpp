#include "store/named_parameters.hpp"

#include <algorithm>

namespace mtls::store {
namespace {

bool is_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The end of what begins at `at` and ends with `mark`; the end of the text where that is missing.
std::size_t past(std::string_view sql, std::size_t at, std::string_view mark) noexcept {
  const std::size_t found = sql.find(mark, at);
  return found == std::string_view::npos ? sql.size() : found + mark.size();
}

/// How much of the text at `at` is to be left as it is: a literal, a quoted identifier, a comment,
/// a cast; one character otherwise. A doubled quote ends one literal and begins another.
std::size_t end_of_opaque(std::string_view sql, std::size_t at) noexcept {
  const std::string_view rest = sql.substr(at);
  if (rest.front() == '\'') return past(sql, at + 1, "'");
  if (rest.front() == '"') return past(sql, at + 1, "\"");
  if (rest.rfind("--", 0) == 0) return past(sql, at, "\n");
  if (rest.rfind("/*", 0) == 0) return past(sql, at + 2, "*/");
  if (rest.rfind("::", 0) == 0) return at + 2;
  return at + 1;
}

}  // namespace

NumberedSql number_parameters(std::string_view sql) {
  NumberedSql numbered;
  for (std::size_t at = 0; at < sql.size();) {
    std::size_t end = at + 1;
    if (sql[at] == ':') {
      while (end < sql.size() && is_name(sql[end])) ++end;
    }
    if (end == at + 1) {
      end = end_of_opaque(sql, at);
      numbered.text += sql.substr(at, end - at);
    } else {
      const std::string_view name = sql.substr(at + 1, end - at - 1);
      auto known = std::find(numbered.names.begin(), numbered.names.end(), name);
      if (known == numbered.names.end()) known = numbered.names.emplace(known, name);
      numbered.text += '$' + std::to_string(known - numbered.names.begin() + 1);
    }
    at = end;
  }
  return numbered;
}

}  // namespace mtls::store
