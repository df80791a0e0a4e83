#include "base/format.hpp"
#include "cmd/shell_completion.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

/// Inside '…' of zsh, and inside [ ] and : of _arguments.
std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string value_action(const OptionDoc& option) {
  switch (option.completion()) {
    case Completion::file:
      return "_files";
    case Completion::directory:
      return "_files -/";
    case Completion::profile:
      return "_mtlsctl_profiles";
    case Completion::words: {
      std::string words;
      for (const std::string& word : option.words())
        words += (words.empty() ? "" : " ") + quoted(word);
      return "(" + words + ")";
    }
    case Completion::nothing:
      break;
  }
  return " ";
}

std::string function_name(const CommandDoc& command) {
  std::string name = command.words.empty() ? "_mtlsctl" : "_mtlsctl_" + command.words;
  std::replace(name.begin(), name.end(), ' ', '_');
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

constexpr std::string_view k_profiles =
    R"SH(# Those of the CA and the directory that the line names.
_mtlsctl_profiles() {
  local i
  local -a named names
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      --ca|--profiles) named+=($words[i] $words[i+1]) ;;
      --ca=*|--profiles=*) named+=($words[i]) ;;
    esac
  done
  names=(${(f)"$(mtlsctl profile list $named 2>/dev/null | cut -d ' ' -f 1)"})
  compadd -a names
}

)SH";

std::string option_lines(const CommandDoc& command) {
  std::string lines;
  for (const OptionDoc& option : command.options) {
    for (const std::string& name : option.names) {
      lines +=
          format(" \\\n    '{}{}[{}]{}'", option.repeatable ? "*" : "", name, quoted(option.help),
                 option.placeholder.empty()
                     ? ""
                     : format(":{}:{}", quoted(option.placeholder), value_action(option)));
    }
  }
  return lines;
}

std::string argument_lines(const CommandDoc& command) {
  std::string lines = option_lines(command);
  for (const OptionDoc& positional : command.positionals) {
    lines += format(" \\\n    '{}:{}:{}'", positional.repeatable ? "*" : "",
                    quoted(positional.names.front()), value_action(positional));
  }
  return lines;
}

void append_functions(std::string& script, const CommandDoc& command) {
  if (command.commands.empty()) {
    script += format("{}() {{\n  _arguments -s{}\n}}\n\n", function_name(command),
                     argument_lines(command));
    return;
  }
  script += format("{}() {{\n  local line state\n  local -a commands\n  commands=(\n",
                   function_name(command));
  for (const CommandDoc& sub : command.commands) {
    if (!sub.hidden) script += format("    '{}:{}'\n", sub.name(), quoted(sub.summary));
  }
  // Options before the command, then none: those behind it are the command's own.
  script += format("  )\n  _arguments -C -s -A '-*'{} \\\n    '1: :->command' '*:: :->rest'\n",
                   option_lines(command));
  script +=
      "  case $state in\n"
      "    command) _describe command commands ;;\n    rest)\n      case $line[1] in\n";
  for (const CommandDoc& sub : command.commands) {
    if (!sub.hidden) script += format("        {}) {} ;;\n", sub.name(), function_name(sub));
  }
  script += "      esac ;;\n  esac\n}\n\n";
  for (const CommandDoc& sub : command.commands) {
    if (!sub.hidden) append_functions(script, sub);
  }
}

}  // namespace

std::string zsh_completion(const CommandDoc& program) {
  std::string script =
      "#compdef mtlsctl\n# zsh completion for mtlsctl. Made by 'mtlsctl completion zsh'; do not "
      "edit.\n\n";
  append_functions(script, program);
  script += k_profiles;
  script +=
      "if [ \"$funcstack[1]\" = _mtlsctl ]; then\n  _mtlsctl \"$@\"\nelse\n  compdef _mtlsctl "
      "mtlsctl\nfi\n";
  return script;
}

}  // namespace mtls::cmd
