#include "cmd/command_tree.hpp"

#include "cmd/ca_options.hpp"
#include "cmd/command_line.hpp"
#include "cmd/usage_error.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace mtls::cmd {
namespace {

constexpr const char* k_common_heading = "Common options";
constexpr const char* k_location_heading = "Options of commands that work with a CA";

/// The app that the parsed words lead to.
const CLI::App& deepest(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

std::string words_of(const CLI::App& app) {
  if (app.get_parent() == nullptr) return {};
  const std::string before = words_of(*app.get_parent());
  return before.empty() ? app.get_name() : before + " " + app.get_name();
}

}  // namespace

CommandTree::CommandTree(CommonOptions& common, std::string_view only)
    : m_root(std::make_unique<CLI::App>("Mutual TLS from one binary: a CA, certificates, verdicts",
                                        "mtlsctl")),
      m_location(std::make_unique<CaOptions>()) {
  m_root->set_help_flag("-h,--help", "Show this help");
  m_root->get_option("--help")->group(k_common_heading);
  m_root->require_subcommand(1);
  add_leading(*m_root, common);
  for (const CommandEntry& entry : command_table()) {
    if (only.empty() || entry.words == only) add(entry, common);
  }
}

CommandTree::~CommandTree() = default;

/// The options that may be given before a command. Where there is a command, it parses them
/// (cmd/command_line.hpp): these only say what there is, and what is wrong without a command.
void CommandTree::add_leading(CLI::App& app, CommonOptions& common) {
  OptionSet location(app, k_location_heading);
  m_location->add_location_to(location);
  OptionSet set(app, k_common_heading);
  common.add_to(set);
}

void CommandTree::add(const CommandEntry& entry, CommonOptions& common) {
  const std::size_t space = entry.words.find(' ');
  CLI::App& parent =
      space == std::string_view::npos ? *m_root : noun(entry.words.substr(0, space), common);
  const std::string verb(space == std::string_view::npos ? entry.words
                                                         : entry.words.substr(space + 1));
  CLI::App* app = parent.add_subcommand(verb, std::string(entry.summary));
  // CLI11 does not list what is in the group "".
  if (entry.visibility == Visibility::hidden) app->group("");
  auto command = std::make_unique<Command>(*app);
  entry.add(*command);
  OptionSet set(*app, k_common_heading);
  common.add_to(set);
  app->get_option("--help")->group(k_common_heading);
  m_leaves.push_back({std::string(entry.words), app, std::move(command)});
}

CLI::App& CommandTree::noun(std::string_view word, CommonOptions& common) {
  for (CLI::App* app : m_root->get_subcommands([](const CLI::App*) { return true; })) {
    if (app->get_name() == word) return *app;
  }
  std::string summary;
  for (const NounEntry& entry : noun_table()) {
    if (entry.word == word) summary = entry.summary;
  }
  CLI::App* app = m_root->add_subcommand(std::string(word), summary);
  app->get_option("--help")->group(k_common_heading);
  add_leading(*app, common);
  app->require_subcommand(1);
  return *app;
}

std::vector<std::string> CommandTree::reversed(const std::vector<std::string>& arguments) {
  std::vector<std::string> ordered = arguments;
  const CommandLine line = read_command_line(arguments);
  if (!line.unknown.empty()) throw_unknown_leading(*m_root, line.unknown);
  const auto leaf = std::find_if(m_leaves.begin(), m_leaves.end(), [&line](const Leaf& candidate) {
    return candidate.words == line.words;
  });
  if (leaf != m_leaves.end()) {
    m_found = leaf->words;
    ordered = arguments_of(line, *leaf->app);
    const std::size_t space = std::min(line.words.find(' '), line.words.size());
    if (space < line.words.size()) ordered.emplace(ordered.begin(), line.words.substr(space + 1));
    ordered.emplace(ordered.begin(), line.words.substr(0, space));
  }
  std::reverse(ordered.begin(), ordered.end());
  return ordered;
}

CommandTree::Parsed CommandTree::parse(const std::vector<std::string>& arguments) {
  try {
    m_root->parse(reversed(arguments));
  } catch (const CLI::CallForHelp&) {
    refuse_unknown_command(deepest(*m_root), *m_root);
    return {Parsed::Wanted::help, nullptr, failing_words()};
  } catch (const CLI::ParseError& error) {
    if (lacks_command(deepest(*m_root), *m_root, error)) {
      return {Parsed::Wanted::command, nullptr, failing_words()};
    }
    throw_usage_error(deepest(*m_root), *m_root, error);
  }
  const CLI::App& app = deepest(*m_root);
  const auto leaf = std::find_if(m_leaves.begin(), m_leaves.end(),
                                 [&app](const Leaf& candidate) { return candidate.app == &app; });
  return {Parsed::Wanted::run, leaf->command.get(), leaf->words};
}

std::string CommandTree::failing_words() const {
  return m_found.empty() ? words_of(deepest(*m_root)) : m_found;
}

}  // namespace mtls::cmd
