#include "base/toml_document.hpp"

#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/utf16.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <set>

namespace mtls {
namespace {

constexpr std::size_t k_text_limit = std::size_t{1} << 20U;
constexpr std::string_view k_list_example = "KEY = [\"…\", \"…\"]";

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a float";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

/// Returns where the string that begins at `at` ends: behind its last quote, or at the end of its
/// line or the text, where the parser gives up too.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool several_lines = text.substr(at, 3) == three;
  const std::string_view end = std::string_view(three).substr(0, several_lines ? 3 : 1);
  for (at += end.size(); at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (text[at] == '\n' && !several_lines) {
      return at;
    } else if (text.substr(at, end.size()) == end) {
      at += end.size();
      // Up to two quotes before the last three belong to the text.
      for (int more = 0; several_lines && more < 2 && text.substr(at, 1) == end.substr(0, 1);
           ++more)
        ++at;
      return at;
    }
  }
  return text.size();
}

/// Returns the line (from 1) that has more dots outside strings and comments than any key should,
/// or nothing. toml++ bounds the nesting of values, but not the parts of a dotted key, and frees
/// nested tables by recursion: a key of 100,000 parts would overflow the stack.
std::optional<std::size_t> line_with_endless_key(std::string_view text) {
  constexpr unsigned k_most_dots = 16;
  std::size_t line = 1;
  unsigned dots = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      const std::size_t end = end_of_string(text, at);
      line += static_cast<std::size_t>(std::count(text.begin() + static_cast<long>(at),
                                                  text.begin() + static_cast<long>(end), '\n'));
      at = end;
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '.' && ++dots > k_most_dots) return line;
    if (c == '\n') {
      ++line;
      dots = 0;
    }
    ++at;
  }
  return std::nullopt;
}

constexpr std::string_view k_redefined = "cannot redefine existing ";

std::string_view drop_prefix(std::string_view description) {
  constexpr std::string_view k_prefix = "Error ";
  return description.starts_with(k_prefix) ? description.substr(k_prefix.size()) : description;
}

/// What the parser complains of, in our words where it is common.
std::string syntax_words(std::string_view description) {
  if (description.find(k_redefined) == std::string_view::npos) {
    return format("not TOML: {}", printable(drop_prefix(description)));
  }
  const std::size_t quote = description.find('\'');
  if (quote == std::string_view::npos) return "a key stands twice";
  return format("{} stands twice", printable(description.substr(quote)));
}

std::string syntax_hint(std::string_view description) {
  if (description.find(k_redefined) != std::string_view::npos) return "take one of them away";
  return "text stands in quotes, lists in [ ], tables begin with [name]; see https://toml.io";
}

}  // namespace

struct TomlDocument::Data {
  toml::table root;
  std::string source;
  Errc code;
};

struct TomlTable::Node {
  std::shared_ptr<const TomlDocument::Data> document;
  const toml::table* table;
  std::string path;  // dotted name of this table, empty for the root
  mutable std::set<std::string, std::less<>> known;

  [[nodiscard]] std::string place(const toml::source_region& region) const {
    return format("{}:{}:{}", document->source, region.begin.line, region.begin.column);
  }
  [[nodiscard]] std::string name_of(std::string_view key) const {
    return path.empty() ? std::string(key) : format("{}.{}", path, key);
  }
  [[noreturn]] void fail_at(const toml::node& node, std::string_view message,
                            std::string hint) const {
    throw Error(document->code, format("{}: {}", place(node.source()), message), std::move(hint));
  }
  /// `example` shows how such a value is written; "KEY" in it is the key.
  [[noreturn]] void wrong_type(const toml::node& node, std::string_view key,
                               std::string_view wanted, std::string_view example) const {
    std::string hint = "write ";
    const std::size_t at = example.find("KEY");
    hint.append(example.substr(0, at)).append(printable(key)).append(example.substr(at + 3));
    fail_at(node,
            format("'{}' must be {}, not {}", printable(name_of(key)), wanted, type_name(node)),
            std::move(hint));
  }
  [[nodiscard]] const toml::node* find(std::string_view key) const {
    known.emplace(key);
    return table->get(key);
  }
};

bool TomlTable::has(std::string_view key) const { return m_node->find(key) != nullptr; }

std::optional<TomlString> TomlTable::string(std::string_view key) const {
  const toml::node* node = m_node->find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_string();
  if (value == nullptr) m_node->wrong_type(*node, key, "text", "KEY = \"…\", in quotes");
  return TomlString{value->get(), m_node->place(node->source())};
}

std::optional<std::int64_t> TomlTable::integer(std::string_view key, std::int64_t least,
                                               std::int64_t most) const {
  const toml::node* node = m_node->find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value == nullptr)
    m_node->wrong_type(*node, key, "an integer",
                       format("KEY = {}, a whole number without quotes", least));
  if (value->get() < least || value->get() > most) {
    const std::string range =
        least == most ? format("{}", least) : format("from {} to {}", least, most);
    m_node->fail_at(
        *node,
        format("'{}' is {}; it must be {}", printable(m_node->name_of(key)), value->get(), range),
        least == most ? format("write {} = {}", printable(key), least)
                      : format("allowed: {}", range));
  }
  return value->get();
}

std::optional<bool> TomlTable::boolean(std::string_view key) const {
  const toml::node* node = m_node->find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_boolean();
  if (value == nullptr)
    m_node->wrong_type(*node, key, "true or false", "KEY = true or false, without quotes");
  return value->get();
}

std::optional<std::vector<TomlString>> TomlTable::strings(std::string_view key) const {
  const toml::node* node = m_node->find(key);
  if (node == nullptr) return std::nullopt;
  const auto* array = node->as_array();
  if (array == nullptr) m_node->wrong_type(*node, key, "a list of text values", k_list_example);
  std::vector<TomlString> values;
  for (const toml::node& element : *array) {
    const auto* value = element.as_string();
    if (value == nullptr) m_node->wrong_type(element, key, "a list of text values", k_list_example);
    values.push_back({value->get(), m_node->place(element.source())});
  }
  return values;
}

std::optional<TomlTable> TomlTable::table(std::string_view key) const {
  const toml::node* node = m_node->find(key);
  if (node == nullptr) return std::nullopt;
  const auto* table = node->as_table();
  if (table == nullptr) m_node->wrong_type(*node, key, "a table", "it as a table [KEY]");
  return TomlTable(std::make_shared<Node>(Node{m_node->document, table, m_node->name_of(key), {}}));
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) const {
  const toml::node* node = m_node->find(key);
  std::vector<TomlTable> tables;
  if (node == nullptr) return tables;
  const auto* array = node->as_array();
  if (array == nullptr)
    m_node->wrong_type(*node, key, "a list of tables", "each as a table [[KEY]]");
  for (const toml::node& element : *array) {
    const auto* table = element.as_table();
    if (table == nullptr)
      m_node->wrong_type(element, key, "a list of tables", "each as a table [[KEY]]");
    tables.push_back(
        TomlTable(std::make_shared<Node>(Node{m_node->document, table, m_node->name_of(key), {}})));
  }
  return tables;
}

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::pair<toml::source_position, std::string>> found;
  for (const auto& [key, value] : *m_node->table) {
    m_node->known.emplace(key.str());
    found.emplace_back(key.source().begin, std::string(key.str()));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& left, const auto& right) { return left.first < right.first; });
  std::vector<std::string> names;
  names.reserve(found.size());
  for (auto& [position, key] : found) names.push_back(std::move(key));
  return names;
}

void TomlTable::finish() const {
  if (const std::vector<Error> errors = unknown_keys(); !errors.empty())
    throw Error(errors.front());
}

std::vector<Error> TomlTable::unknown_keys() const {
  std::vector<std::pair<toml::source_position, Error>> found;
  const std::vector<std::string> known(m_node->known.begin(), m_node->known.end());
  for (const auto& [key, value] : *m_node->table) {
    if (m_node->known.contains(key.str())) continue;
    const std::string_view close = nearest(key.str(), known);
    std::string hint;
    if (!close.empty()) {
      hint = format("did you mean '{}'?", close);
    } else {
      for (const std::string& name : known) hint += hint.empty() ? name : ", " + name;
      hint.insert(0, "known here: ");
    }
    found.emplace_back(key.source().begin,
                       Error(m_node->document->code,
                             format("{}: unknown key '{}'", m_node->place(key.source()),
                                    printable(m_node->name_of(key.str()))),
                             hint));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& left, const auto& right) { return left.first < right.first; });
  std::vector<Error> errors;
  errors.reserve(found.size());
  for (auto& [position, error] : found) errors.push_back(std::move(error));
  return errors;
}

std::string TomlTable::place(std::string_view key) const {
  const toml::node* node = m_node->table->get(key);
  return m_node->place(node != nullptr ? node->source() : m_node->table->source());
}

void TomlTable::fail(std::string_view place, std::string_view message,
                     std::string_view hint) const {
  throw Error(m_node->document->code, format("{}: {}", place, message), std::string(hint));
}

TomlDocument TomlDocument::parse(std::string_view text, std::string_view source, Errc code) {
  const std::string shown = printable(source);
  std::optional<SecretBytes> decoded;
  try {
    decoded = decode_utf16(as_bytes(text));
  } catch (const Error& error) {
    throw Error(code, format("{}: {}", shown, error.message()), error.hint());
  }
  if (decoded) text = as_text(decoded->view());
  if (text.size() > k_text_limit) {
    throw Error(Errc::too_large, format("{} is larger than {} octets", shown, k_text_limit));
  }
  if (const auto at = text.find('\0'); at != std::string_view::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(at), '\n');
    throw Error(code, format("{}:{}:1: a NUL octet", shown, line));
  }
  if (const auto line = line_with_endless_key(text)) {
    throw Error(code, format("{}:{}:1: more than 16 dots outside of text", shown, *line));
  }
  try {
    auto data = std::make_shared<Data>(Data{toml::parse(text), shown, code});
    return TomlDocument(std::move(data));
  } catch (const toml::parse_error& error) {
    throw Error(code,
                format("{}:{}:{}: {}", shown, error.source().begin.line,
                       error.source().begin.column, syntax_words(error.description())),
                syntax_hint(error.description()));
  }
}

TomlTable TomlDocument::root() const {
  return TomlTable(
      std::make_shared<TomlTable::Node>(TomlTable::Node{m_data, &m_data->root, {}, {}}));
}

}  // namespace mtls
