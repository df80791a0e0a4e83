// YAML as plain data. Private to this room; the parser stays behind this header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtls::render {

/// A node of a document. Scalars are texts: whether "443" or 443 was written is not kept, and null
/// is nothing.
struct YamlNode {
  enum class Kind { nothing, scalar, list, map };

  YamlNode() = default;
  YamlNode(YamlNode&&) noexcept = default;
  YamlNode& operator=(YamlNode&&) noexcept = default;
  YamlNode(const YamlNode&) = delete;  // a copy would be of a whole tree
  YamlNode& operator=(const YamlNode&) = delete;
  ~YamlNode() = default;

  Kind kind = Kind::nothing;
  std::string scalar;
  std::vector<std::string> keys;  // of a map, those of its items
  std::vector<YamlNode> items;    // of a list or map

  /// The field of a map, or null.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
  /// The node at "spec.config.edition", or null.
  [[nodiscard]] const YamlNode* at(std::string_view path) const;
  /// The scalar there; nothing where there is none.
  [[nodiscard]] std::optional<std::string> text_at(std::string_view path) const;
};

/// Returns the documents of `text`; those of a Kubernetes List one by one. Throws malformed: what
/// is no YAML, a key twice in one map, a merge key, keys that are no scalars, over 64 deep, over
/// 200,000 nodes (aliases counted as often as they are used).
[[nodiscard]] std::vector<YamlNode> read_yaml(std::string_view text);

/// Whether a scalar is `number` or may be: YAML writes numbers in several forms (0x1BB), and only
/// plain decimal digits without a leading zero are known not to be another's.
[[nodiscard]] bool may_be(const std::optional<std::string>& scalar, std::uint16_t number);

}  // namespace mtls::render
