#include "cmd/help_text.hpp"

#include "base/format.hpp"
#include "cmd/build_info.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

constexpr std::size_t k_width = 80;
constexpr std::size_t k_help_column = 28;

/// "  -q, --quiet", "      --at TIME", "  FILE".
std::string left_column(const OptionDoc& option) {
  std::string text = "  ";
  const bool positional = option.names.front()[0] != '-';
  std::string short_name = positional ? "" : "    ";
  std::string long_names;
  for (const std::string& name : option.names) {
    if (!positional && name[1] != '-') {
      short_name = name + (option.names.size() > 1 ? ", " : "");
    } else {
      long_names += (long_names.empty() ? "" : ", ") + name;
    }
  }
  text += short_name + long_names;
  if (positional) return text + (option.repeatable ? "..." : "");
  if (!option.placeholder.empty()) text += " " + option.placeholder;
  return text;
}

/// Breaks a list of words that is wider than a line behind one of its bars.
std::string fold(std::string left) {
  for (std::size_t start = 0; left.size() - start > k_width;) {
    const std::size_t bar = left.rfind('|', start + k_width - 1);
    if (bar == std::string::npos || bar <= start) break;
    left.insert(bar + 1, "\n" + std::string(k_help_column, ' '));
    start = bar + 2;
  }
  return left;
}

std::string row(std::string left, std::string_view right) {
  left = fold(std::move(left));
  std::size_t column = left.size() - (left.rfind('\n') + 1);
  if (column + 2 > k_help_column) {
    left += "\n";
    column = 0;
  }
  left.append(k_help_column - column, ' ');
  return left + wrap(right, k_help_column, k_help_column) + "\n";
}

void append_commands(std::string& text, const CommandDoc& command) {
  text += "\nCommands:\n";
  for (const CommandDoc& sub : command.commands) {
    if (sub.hidden) continue;
    if (sub.commands.empty()) {
      text += row("  " + sub.words.substr(command.words.empty() ? 0 : command.words.size() + 1),
                  sub.summary);
    }
    for (const CommandDoc& leaf : leaves(sub)) {
      text += row("  " + leaf.words.substr(command.words.empty() ? 0 : command.words.size() + 1),
                  leaf.summary);
    }
  }
  text += format("\n'{} COMMAND --help' explains one and shows an example.\n", command.full_name());
}

}  // namespace

std::string help_text(const CommandDoc& command) {
  std::string text = format("Usage: {}\n\n{}.\n", command.usage(), wrap(command.summary, 0, 0));
  if (!command.description.empty()) text += "\n" + wrap(command.description, 0, 0) + "\n";
  if (!command.commands.empty()) append_commands(text, command);
  if (!command.positionals.empty()) {
    text += "\nArguments:\n";
    for (const OptionDoc& positional : command.positionals) {
      text += row(left_column(positional), positional.help);
    }
  }
  for (const std::string& heading : command.headings()) {
    text += "\n" + heading + ":\n";
    for (const OptionDoc& option : command.options) {
      if (option.heading == heading) {
        text +=
            row(left_column(option), option.help + (option.repeatable ? " (may be repeated)" : ""));
      }
    }
  }
  if (!command.example.empty()) text += "\nExample:\n" + command.example + "\n";
  // Nouns have no page of their own.
  const bool is_noun = !command.words.empty() && !command.commands.empty();
  text += format("\nManual page: man {}\n", is_noun ? "mtlsctl" : command.manual_page());
  if (command.words.empty()) text += format("Guides: {}\n", k_docs_directory);
  return text;
}

std::string wrap(std::string_view text, std::size_t column, std::size_t indent) {
  std::string wrapped;
  while (!text.empty()) {
    const std::size_t line_end = std::min(text.find('\n'), text.size());
    const std::size_t word_end = std::min(text.find(' '), line_end);
    const std::size_t size = word_end;
    const bool at_start = wrapped.empty() || wrapped.back() == '\n' || column <= indent;
    if (!at_start && column + 1 + size > k_width) {
      wrapped += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!at_start) {
      wrapped += ' ';
      ++column;
    }
    wrapped += text.substr(0, size);
    column += size;
    if (word_end == line_end && line_end < text.size()) {
      wrapped += '\n';
      column = indent;
      if (line_end + 1 < text.size() && text[line_end + 1] != '\n') wrapped.append(indent, ' ');
    }
    text.remove_prefix(std::min(word_end + 1, text.size()));
  }
  return wrapped;
}

}  // namespace mtls::cmd
