#include "cmd/option_walk.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/nearest.hpp"
#include "cmd/command_tree.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>

namespace mtls::cmd {
namespace {

constexpr int k_many = 1000;

OptionDoc walk(const CLI::Option& option) {
  OptionDoc doc;
  if (option.get_positional()) {
    doc.names.push_back(option.get_name(true));
  } else {
    for (const std::string& name : option.get_lnames()) doc.names.push_back("--" + name);
    for (const std::string& name : option.get_snames()) doc.names.push_back("-" + name);
  }
  if (option.get_items_expected_max() > 0) doc.placeholder = option.get_type_name();
  doc.help = option.get_description();
  doc.heading = option.get_group();
  doc.required = option.get_required();
  doc.repeatable = option.get_items_expected_max() > k_many;
  doc.greedy = !option.get_positional() && (option.get_items_expected_min() > 1 ||
                                            (doc.repeatable && option.get_allow_extra_args()));
  return doc;
}

/// The common heading goes last, in whatever order options were declared.
void sort_by_heading(std::vector<OptionDoc>& options) {
  std::stable_partition(options.begin(), options.end(),
                        [](const OptionDoc& option) { return option.heading != "Common options"; });
}

std::string join(const std::string& before, const std::string& word) {
  return before.empty() ? word : before + " " + word;
}

CommandDoc walk_below(const CLI::App& app, const std::string& words) {
  CommandDoc doc;
  doc.words = words;
  const std::string description = app.get_description();
  const std::size_t gap = description.find("\n\n");
  doc.summary = description.substr(0, gap);
  if (gap != std::string::npos) doc.description = description.substr(gap + 2);
  doc.example = app.get_footer();
  doc.hidden = app.get_group().empty();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // OptionSet::removed
    (option->get_positional() ? doc.positionals : doc.options).push_back(walk(*option));
  }
  sort_by_heading(doc.options);
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    doc.commands.push_back(walk_below(*sub, join(words, sub->get_name())));
  }
  return doc;
}

}  // namespace

Completion OptionDoc::completion() const {
  if (placeholder == "FILE") return Completion::file;
  if (placeholder == "DIR") return Completion::directory;
  if (placeholder == "PROFILE") return Completion::profile;
  return words().empty() ? Completion::nothing : Completion::words;
}

std::vector<std::string> OptionDoc::words() const {
  std::vector<std::string> found;
  if (placeholder.find('|') == std::string::npos) return found;
  for (std::size_t at = 0; at <= placeholder.size();) {
    const std::size_t bar = std::min(placeholder.find('|', at), placeholder.size());
    std::string word = placeholder.substr(at, bar - at);
    const std::size_t colon = word.find(':');
    const bool open = colon != std::string::npos && colon + 1 < word.size() &&
                      std::isupper(static_cast<unsigned char>(word[colon + 1])) != 0;
    if (open) word.resize(colon + 1);
    found.push_back(std::move(word));
    at = bar + 1;
  }
  return found;
}

std::string CommandDoc::full_name() const { return words.empty() ? "mtlsctl" : "mtlsctl " + words; }

std::string CommandDoc::name() const {
  const std::size_t space = words.rfind(' ');
  return space == std::string::npos ? words : words.substr(space + 1);
}

std::string CommandDoc::manual_page() const {
  std::string page = full_name();
  std::replace(page.begin(), page.end(), ' ', '-');
  return page;
}

std::string CommandDoc::usage() const {
  std::string line = full_name();
  if (!commands.empty()) return line + " [OPTIONS] COMMAND";
  line += " [OPTIONS]";
  for (const OptionDoc& positional : positionals) {
    const std::string name = positional.names.front() + (positional.repeatable ? "..." : "");
    line += positional.required ? " " + name : " [" + name + "]";
  }
  return line;
}

std::vector<std::string> CommandDoc::headings() const {
  std::vector<std::string> found;
  for (const OptionDoc& option : options) {
    if (std::find(found.begin(), found.end(), option.heading) == found.end()) {
      found.push_back(option.heading);
    }
  }
  return found;
}

CommandDoc walk(const CLI::App& app) { return walk_below(app, ""); }

CommandDoc describe_program() {
  CommonOptions common;
  CommandTree tree(common, "");
  return walk(tree.root());
}

CommandDoc describe(std::string_view words) {
  CommandDoc here = describe_program();
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t space = std::min(words.find(' ', at), words.size());
    const std::string_view word = words.substr(at, space - at);
    const auto next = std::find_if(here.commands.begin(), here.commands.end(),
                                   [word](const CommandDoc& sub) { return sub.name() == word; });
    if (next == here.commands.end()) {
      std::vector<std::string> known;
      for (const CommandDoc& sub : here.commands) known.push_back(sub.name());
      const std::string_view close = nearest(word, known);
      throw Error(Errc::usage, format("unknown command: {} {}", here.full_name(), printable(word)),
                  close.empty() ? format("{} --help lists what there is", here.full_name())
                                : format("did you mean {} {}?", here.full_name(), close));
    }
    CommandDoc found = *next;
    here = std::move(found);
    at = space + 1;
  }
  return here;
}

std::vector<CommandDoc> leaves(const CommandDoc& command) {
  std::vector<CommandDoc> found;
  for (const CommandDoc& sub : command.commands) {
    if (sub.hidden) continue;
    if (sub.commands.empty()) {
      found.push_back(sub);
    } else {
      for (CommandDoc& leaf : leaves(sub)) found.push_back(std::move(leaf));
    }
  }
  return found;
}

}  // namespace mtls::cmd
