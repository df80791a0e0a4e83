// TOML, read strictly: every key must be asked for, every value must be of the type asked for, and
// every complaint says file:line:column and what is allowed. toml++ stays inside toml_document.cpp.
#pragma once

#include "base/error.hpp"
#include "base/nearest.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls {

/// A text value and where it stands, for complaints about its content.
struct TomlString {
  std::string text;
  std::string place;  // file:line:column
};

/// A view of one table of a TomlDocument, which must outlive it. Reading a key marks it as known;
/// `finish` throws for the first key that nobody asked for. Copies share the marks. All complaints
/// are Error with the document's code.
class TomlTable final {
 public:
  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] std::optional<TomlString> string(std::string_view key) const;
  /// The value, checked to be within [least, most].
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t least,
                                                    std::int64_t most) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  /// The list of text values; nothing where the key is absent, which differs from an empty list.
  [[nodiscard]] std::optional<std::vector<TomlString>> strings(std::string_view key) const;
  [[nodiscard]] std::optional<TomlTable> table(std::string_view key) const;
  /// The tables of an array of tables; empty where the key is absent.
  [[nodiscard]] std::vector<TomlTable> tables(std::string_view key) const;
  /// Every key of this table, in the file's order; marks them all as known (free-form tables).
  [[nodiscard]] std::vector<std::string> keys() const;

  /// Throws for the first key not asked for, with the nearest known one as a hint.
  void finish() const;
  /// Returns what `finish` would throw, for every such key, in the file's order.
  [[nodiscard]] std::vector<Error> unknown_keys() const;
  /// Where `key` stands (or this table, if it is absent), as file:line:column.
  [[nodiscard]] std::string place(std::string_view key) const;
  /// Throws the document's error at `place`.
  [[noreturn]] void fail(std::string_view place, std::string_view message,
                         std::string_view hint = {}) const;

 private:
  friend class TomlDocument;
  struct Node;
  explicit TomlTable(std::shared_ptr<const Node> node) : m_node(std::move(node)) {}
  std::shared_ptr<const Node> m_node;
};

/// A parsed file.
class TomlDocument final {
 public:
  /// Parses `text` (at most 1 MiB, no NUL; UTF-8 or UTF-16); `source` names it in complaints, which
  /// carry `code`.
  [[nodiscard]] static TomlDocument parse(std::string_view text, std::string_view source,
                                          Errc code);
  [[nodiscard]] TomlTable root() const;

  struct Data;  ///< toml++'s tree; complete only in toml_document.cpp

 private:
  explicit TomlDocument(std::shared_ptr<const Data> data) : m_data(std::move(data)) {}
  std::shared_ptr<const Data> m_data;
};

}  // namespace mtls
