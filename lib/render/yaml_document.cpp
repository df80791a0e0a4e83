#include "render/yaml_document.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

#include <algorithm>
#include <yaml-cpp/yaml.h>

namespace mtls::render {
namespace {

constexpr std::size_t k_deepest = 64;
constexpr std::size_t k_most_nodes = 200'000;

class Conversion final {
 public:
  YamlNode convert(const YAML::Node& node, std::size_t depth) {
    if (depth > k_deepest) throw Error(Errc::malformed, "it is nested too deeply");
    if (++m_nodes > k_most_nodes) throw Error(Errc::malformed, "it has too many nodes");
    YamlNode converted;
    if (node.IsScalar()) {
      converted.kind = YamlNode::Kind::scalar;
      converted.scalar = node.Scalar();
    } else if (node.IsSequence()) {
      converted.kind = YamlNode::Kind::list;
      for (const auto& item : node) converted.items.push_back(convert(item, depth + 1));
    } else if (node.IsMap()) {
      converted.kind = YamlNode::Kind::map;
      for (const auto& field : node) {
        if (!field.first.IsScalar()) throw Error(Errc::malformed, "a key is no text");
        const std::string& key = field.first.Scalar();
        // Which of the two holds would depend on who reads it.
        if (converted.find(key) != nullptr) {
          throw Error(Errc::malformed,
                      format("the key {} stands twice in one map", printable(key)));
        }
        // YAML 1.1 merges another map in, and this reader does not.
        if (key == "<<") throw Error(Errc::malformed, "a merge key, << (write its fields out)");
        converted.keys.push_back(key);
        converted.items.push_back(convert(field.second, depth + 1));
      }
    }
    return converted;
  }

 private:
  std::size_t m_nodes = 0;
};

std::vector<YAML::Node> load(const std::string& text) {
  try {
    return YAML::LoadAll(text);
  } catch (const YAML::Exception& error) {
    throw Error(Errc::malformed,
                format("it is no YAML: line {}: {}", error.mark.line + 1, printable(error.msg)));
  }
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

const YamlNode* YamlNode::at(std::string_view path) const {
  const YamlNode* node = this;
  while (node != nullptr && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    node = node->find(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return node;
}

std::optional<std::string> YamlNode::text_at(std::string_view path) const {
  const YamlNode* node = at(path);
  if (node == nullptr || node->kind != Kind::scalar) return std::nullopt;
  return node->scalar;
}

bool may_be(const std::optional<std::string>& scalar, std::uint16_t number) {
  if (!scalar) return false;
  const bool plain = !scalar->empty() && scalar->front() != '0' &&
                     scalar->find_first_not_of("0123456789") == std::string::npos;
  return !plain || *scalar == std::to_string(number);
}

std::vector<YamlNode> read_yaml(std::string_view text) {
  Conversion conversion;
  std::vector<YamlNode> documents;
  for (const YAML::Node& node : load(std::string(text))) {
    YamlNode document = conversion.convert(node, 0);
    const auto list = std::find(document.keys.begin(), document.keys.end(), "items");
    if (document.text_at("kind") != "List" || list == document.keys.end()) {
      documents.push_back(std::move(document));
      continue;
    }
    YamlNode& items = document.items[static_cast<std::size_t>(list - document.keys.begin())];
    for (YamlNode& one : items.items) documents.push_back(std::move(one));
  }
  return documents;
}

}  // namespace mtls::render
