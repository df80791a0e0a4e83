#include "base/format.hpp"
#include "cmd/help_text.hpp"
#include "cmd/reference.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

std::string anchor(const CommandDoc& command) {
  std::string id = command.full_name();
  std::replace(id.begin(), id.end(), ' ', '-');
  return id;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*' || c == '_') out += '\\';
    out += c;
  }
  return out;
}

/// Code in a table cell: only the bar would end the cell.
std::string code(std::string_view text) {
  std::string out = "`";
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out + "`";
}

std::string names_of(const OptionDoc& option) {
  std::string names;
  for (const std::string& name : option.names) names += (names.empty() ? "" : ", ") + name;
  if (names[0] != '-') return names + (option.repeatable ? "..." : "");
  return option.placeholder.empty() ? names : names + " " + option.placeholder;
}

void append_table(std::string& text, const std::vector<OptionDoc>& options,
                  std::string_view heading) {
  text += format("\n| {} | |\n|---|---|\n", heading);
  for (const OptionDoc& option : options) {
    text += format("| {} | {}{} |\n", code(names_of(option)), escaped(option.help),
                   option.repeatable && option.names[0][0] == '-' ? " (may be repeated)" : "");
  }
}

std::vector<OptionDoc> with_heading(const CommandDoc& command, std::string_view heading) {
  std::vector<OptionDoc> options;
  for (const OptionDoc& option : command.options) {
    if (option.heading == heading) options.push_back(option);
  }
  return options;
}

void append_command(std::string& text, const CommandDoc& command) {
  text += format("\n## {}\n\n{}.\n\n```\n{}\n```\n", command.full_name(), escaped(command.summary),
                 command.usage());
  if (!command.description.empty()) text += "\n" + escaped(command.description) + "\n";
  if (!command.positionals.empty()) append_table(text, command.positionals, "argument");
  for (const std::string& heading : command.headings()) {
    if (heading == "Common options") continue;
    append_table(text, with_heading(command, heading), heading == "Options" ? "option" : heading);
  }
  if (!command.example.empty()) text += "\n```console\n" + command.example + "\n```\n";
}

}  // namespace

std::string cli_markdown(const CommandDoc& program) {
  std::string text =
      "# Command line\n\n"
      "<!-- Made by 'mtlsctl docs' from the program itself; do not edit. -->\n\n"
      "Exit codes: `mtlsctl help exit-codes`. The fields of `--json`: [json.md](json.md).\n\n";
  for (const CommandDoc& leaf : leaves(program)) {
    text += format("- [{}](#{}): {}\n", leaf.full_name(), anchor(leaf), escaped(leaf.summary));
  }
  text +=
      "\n## Common options\n\nEvery command has these. They, and --ca and --store where a command "
      "has "
      "them, may also be given before\nthe command.\n";
  append_table(text, with_heading(program, "Common options"), "option");
  for (const CommandDoc& leaf : leaves(program)) append_command(text, leaf);
  return text;
}

}  // namespace mtls::cmd
