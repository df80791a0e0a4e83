#include "render/template.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "render/template_tags.hpp"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <set>

namespace mtls::render {
namespace {

/// The values that are seen from within some sections, the innermost last.
using Scopes = std::vector<const Values*>;

const Values::Entry& find(const std::string& name, const Scopes& scopes) {
  for (std::size_t i = scopes.size(); i > 0; --i) {
    if (const Values::Entry* entry = scopes[i - 1]->find(name)) return *entry;
  }
  throw Error(Errc::internal, format("there is no value for {}", name));
}

/// Throws internal unless every tag has a value of its kind wherever it will be reached.
void check_tags(const std::vector<Tag>& tags, Scopes& scopes) {
  for (const Tag& tag : tags) {
    const Values::Entry& entry = find(tag.name, scopes);
    const bool is_list = entry.kind == Values::Kind::list;
    if (is_list != (tag.kind != Tag::Kind::variable)) {
      throw Error(Errc::internal, format("{} is a {} in the values and not in the template",
                                         tag.name, is_list ? "list" : "text"));
    }
    if (tag.kind == Tag::Kind::inverted && entry.items->empty()) check_tags(tag.inner, scopes);
    if (tag.kind != Tag::Kind::section) continue;
    for (const Values& item : *entry.items) {
      scopes.push_back(&item);
      check_tags(tag.inner, scopes);
      scopes.pop_back();
    }
  }
}

void collect_names(const std::vector<Tag>& tags, std::set<std::string, std::less<>>& names) {
  for (const Tag& tag : tags) {
    names.insert(tag.name);
    collect_names(tag.inner, names);
  }
}

/// Throws internal where a value would be left out in silence.
void check_used(const Values& values, const std::set<std::string, std::less<>>& names) {
  for (const auto& [name, entry] : values.entries()) {
    if (!names.contains(name)) {
      throw Error(Errc::internal, format("no tag uses the value {}", name));
    }
    if (entry.kind != Values::Kind::list) continue;
    for (const Values& item : *entry.items) check_used(item, names);
  }
}

/// A line that holds a section's tag and nothing else is no line of the result. The engine drops it
/// only where the section is rendered, and leaves an empty line where it is not.
std::string without_standalone_lines(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    const bool is_section =
        line.substr(0, 3) == "{{#" || line.substr(0, 3) == "{{^" || line.substr(0, 3) == "{{/";
    const std::size_t close = line.find("}}");
    const bool stands_alone = is_section && line.substr(close) == "}}\n";
    kept += stands_alone ? line.substr(0, line.size() - 1) : line;
  }
  return kept;
}

kainjow::mustache::data to_data(const Values& values, Dialect dialect) {
  using kainjow::mustache::data;
  data object;
  for (const auto& [name, entry] : values.entries()) {
    if (entry.kind == Values::Kind::list) {
      data items(data::type::list);
      for (const Values& item : *entry.items) items.push_back(to_data(item, dialect));
      object.set(name, items);
    } else {
      object.set(name,
                 entry.kind == Values::Kind::text ? quote(dialect, entry.value) : entry.value);
    }
  }
  return object;
}

}  // namespace

std::string fill(std::string_view name, std::string_view text, const Values& values,
                 Dialect dialect) {
  return with_context(format("template {}", name), [&] {
    const std::vector<Tag> tags = read_tags(text);
    Scopes scopes{&values};
    check_tags(tags, scopes);
    std::set<std::string, std::less<>> names;
    collect_names(tags, names);
    check_used(values, names);

    kainjow::mustache::mustache engine{without_standalone_lines(text)};
    if (!engine.is_valid()) throw Error(Errc::internal, engine.error_message());
    // What each value may look like was settled by to_data, by its kind and the target's dialect;
    // the engine's own escape is HTML's.
    engine.set_custom_escape([](const std::string& quoted) { return quoted; });
    return engine.render(to_data(values, dialect));
  });
}

}  // namespace mtls::render
