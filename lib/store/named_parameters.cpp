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

/// The word at `at`, in upper case; empty where none begins there.
std::string word_at(std::string_view sql, std::size_t at) {
  std::string word;
  while (at < sql.size() && is_name(sql[at])) {
    const char c = sql[at++];
    word += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return word;
}

/// What ends the list of a SELECT's columns.
bool ends_columns(std::string_view word) noexcept {
  return word == "FROM" || word == "WHERE" || word == "ORDER" || word == "LIMIT" ||
         word == "UNION" || word == "GROUP";
}

/// Where the columns begin: behind SELECT or RETURNING, and not within parentheses.
struct Columns {
  std::size_t at = 0;
  bool are_there = false;
};
std::optional<Columns> find_columns(std::string_view sql) {
  std::size_t at = std::min(sql.find_first_not_of(" \t\r\n"), sql.size());
  const std::string first = word_at(sql, at);
  const bool reads = first == "SELECT" || first == "WITH";
  if (!reads && first != "INSERT" && first != "UPDATE" && first != "DELETE") return std::nullopt;
  const std::string_view before = reads ? "SELECT" : "RETURNING";
  for (int depth = 0; at < sql.size();) {
    const std::string word = word_at(sql, at);
    if (depth == 0 && word == before) return Columns{.at = at + word.size(), .are_there = true};
    if (sql[at] == '(') ++depth;
    if (sql[at] == ')') --depth;
    at = word.empty() ? end_of_opaque(sql, at) : at + word.size();
  }
  return Columns{};
}

}  // namespace

std::optional<int> count_result_columns(std::string_view sql) {
  const auto columns = find_columns(sql);
  if (!columns) return std::nullopt;
  if (!columns->are_there) return 0;
  int count = 1;
  bool begins = true;  // a column: '*' would be all of a table
  for (std::size_t at = columns->at, depth = 0; at < sql.size();) {
    const std::string word = word_at(sql, at);
    if (depth == 0 && ends_columns(word)) break;
    if (begins && sql[at] == '*') return std::nullopt;
    if (sql[at] == '(') ++depth;
    if (sql[at] == ')' && depth > 0) --depth;
    const bool parts = depth == 0 && sql[at] == ',';
    if (parts) ++count;
    begins = parts || (begins && word.empty() && (sql[at] == ' ' || sql[at] == '\n'));
    at = word.empty() ? end_of_opaque(sql, at) : at + word.size();
  }
  return count;
}

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
