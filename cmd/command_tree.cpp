#include "cmd/command_tree.hpp"

#include "cmd/usage_error.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace mtls::cmd {
namespace {

constexpr const char* k_common_heading = "Common options";

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
                                        "mtlsctl")) {
  m_root->set_help_flag("-h,--help", "Show this help");
  m_root->get_option("--help")->group(k_common_heading);
  m_root->require_subcommand(1);
  OptionSet set(*m_root, k_common_heading);
  common.add_to(set);
  for (const CommandEntry& entry : command_table()) {
    if (only.empty() || entry.words == only) add(entry, common);
  }
}

CommandTree::~CommandTree() = default;

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
  OptionSet set(*app, k_common_heading);
  common.add_to(set);
  app->require_subcommand(1);
  return *app;
}

CommandTree::Parsed CommandTree::parse(const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    m_root->parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return {nullptr, failing_words()};
  } catch (const CLI::ParseError& error) {
    throw_usage_error(deepest(*m_root), *m_root, error);
  }
  const CLI::App& app = deepest(*m_root);
  const auto leaf = std::find_if(m_leaves.begin(), m_leaves.end(),
                                 [&app](const Leaf& candidate) { return candidate.app == &app; });
  return {leaf->command.get(), leaf->words};
}

std::string CommandTree::failing_words() const { return words_of(deepest(*m_root)); }

std::string_view find_command(const std::vector<std::string>& arguments) {
  for (const CommandEntry& entry : command_table()) {
    const std::size_t space = entry.words.find(' ');
    const std::string_view first = entry.words.substr(0, space);
    if (arguments.empty() || arguments[0] != first) continue;
    if (space == std::string_view::npos) return entry.words;
    if (arguments.size() > 1 && arguments[1] == entry.words.substr(space + 1)) return entry.words;
  }
  return {};
}

}  // namespace mtls::cmd
