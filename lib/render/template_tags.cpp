#include "render/template_tags.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

#include <algorithm>

namespace mtls::render {
namespace {

[[noreturn]] void fail(std::string_view what) { throw Error(Errc::internal, std::string(what)); }

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class TagReader final {
 public:
  explicit TagReader(std::string_view text) : m_rest(text) {}

  /// The tags up to the end of `section`, or of the text where it is empty.
  std::vector<Tag> read(std::string_view section) {
    std::vector<Tag> tags;
    while (true) {
      const std::size_t begin = m_rest.find("{{");
      if (begin == std::string_view::npos) break;
      m_rest.remove_prefix(begin + 2);
      const std::size_t end = m_rest.find("}}");
      if (end == std::string_view::npos) fail("a tag is not closed");
      std::string_view content = m_rest.substr(0, end);
      m_rest.remove_prefix(end + 2);
      if (content.empty()) fail("an empty tag");
      const char sigil = content.front();
      if (std::string_view("#^/").find(sigil) != std::string_view::npos) content.remove_prefix(1);
      if (!is_name(content)) fail(format("{{{{{}}}}} is no tag that is allowed here", content));
      if (sigil == '/') {
        if (content != section) fail(format("a section ends with {}, not {}", content, section));
        return tags;
      }
      tags.push_back(make(sigil, std::string(content)));
    }
    if (!section.empty()) fail(format("the section {} has no end", section));
    return tags;
  }

 private:
  Tag make(char sigil, std::string name) {
    if (sigil == '#') return {Tag::Kind::section, name, read(name)};
    if (sigil == '^') return {Tag::Kind::inverted, name, read(name)};
    return {Tag::Kind::variable, std::move(name), {}};
  }
  std::string_view m_rest;
};

}  // namespace

std::vector<Tag> read_tags(std::string_view text) { return TagReader(text).read({}); }

}  // namespace mtls::render
