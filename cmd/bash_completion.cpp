#include "base/format.hpp"
#include "cmd/shell_completion.hpp"

namespace mtls::cmd {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += joined.empty() ? word : " " + word;
  return joined;
}

std::vector<std::string> visible_names(const CommandDoc& command) {
  std::vector<std::string> names;
  for (const CommandDoc& sub : command.commands) {
    if (!sub.hidden) names.push_back(sub.name());
  }
  return names;
}

/// What is offered for a value: _mtlsctl_files, _mtlsctl_directories, or words.
std::string value_action(const OptionDoc& option) {
  switch (option.completion()) {
    case Completion::file:
      return "_mtlsctl_files";
    case Completion::directory:
      return "_mtlsctl_directories";
    case Completion::profile:
      return "_mtlsctl_profiles";
    case Completion::words:
      return format("_mtlsctl_words '{}'", join(option.words()));
    case Completion::nothing:
      break;
  }
  return ":";
}

void append_values(std::string& script, const CommandDoc& command) {
  for (const OptionDoc& option : command.options) {
    if (option.placeholder.empty()) continue;
    for (const std::string& name : option.names) {
      script += format("    '{}:{}') {}; return ;;\n", command.words, name, value_action(option));
    }
  }
}

void append_all_values(std::string& script, const CommandDoc& command) {
  append_values(script, command);
  for (const CommandDoc& sub : command.commands) {
    if (!sub.hidden) append_all_values(script, sub);
  }
}

void append_words(std::string& script, const CommandDoc& command) {
  std::vector<std::string> flags;
  for (const OptionDoc& option : command.options) {
    for (const std::string& name : option.names) flags.push_back(name);
  }
  if (!command.commands.empty()) {
    script += format(
        "    '{}')\n      if [[ $cur == -* ]]; then _mtlsctl_words '{}'\n"
        "      else _mtlsctl_words '{}'{}\n      fi ;;\n",
        command.words, join(flags), join(visible_names(command)),
        command.words.empty() ? "\"$topics\"" : "");
    for (const CommandDoc& sub : command.commands) {
      if (!sub.hidden) append_words(script, sub);
    }
    return;
  }
  const std::string action =
      command.positionals.empty() ? ":" : value_action(command.positionals.front());
  script += format(
      "    '{}')\n      if [[ $cur == -* ]]; then _mtlsctl_words '{}'\n"
      "      else {}\n      fi ;;\n",
      command.words, join(flags), action);
}

constexpr std::string_view k_head =
    R"SH(# bash completion for mtlsctl. Made by 'mtlsctl completion bash'; do not edit.

_mtlsctl_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_mtlsctl_directories() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$cur")
}

_mtlsctl_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
  # After "file:" or "dns:" the value itself follows, without a space. Readline takes a colon for
  # the end of a word, so what stands before it must not be repeated.
  [[ ${COMPREPLY[0]-} != *: ]] || compopt -o nospace 2>/dev/null
  if [[ $cur == *:* && ${COMP_WORDBREAKS-} == *:* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${cur%:*}:"}")
  fi
}

# Those of the CA and the directory that the line names.
_mtlsctl_profiles() {
  local i named=()
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    case "${words[i]}" in
      --ca | --profiles) named+=("${words[i]}" "${words[i+1]}") ;;
      --ca=* | --profiles=*) named+=("${words[i]}") ;;
    esac
  done
  _mtlsctl_words "$("${words[0]}" profile list "${named[@]}" 2>/dev/null | cut -d ' ' -f 1)"
}

_mtlsctl() {
  local cur prev command='' word i line words topics=''
  COMPREPLY=()
  # The line up to the cursor, split at blanks alone: colons belong to words.
  line=${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$line"
  [[ $line != *[[:blank:]] ]] || words+=('')
  cur=${words[${#words[@]}-1]}
  prev=${words[${#words[@]}-2]}
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    word=${words[i]}
    # Some options may come before the command; "help" is followed by a command's words.
    case "$word" in
)SH";

void append_known_commands(std::string& patterns, const CommandDoc& command) {
  for (const CommandDoc& sub : command.commands) {
    if (sub.hidden) continue;
    patterns += (patterns.empty() ? "'" : " | '") + sub.words + "'";
    append_known_commands(patterns, sub);
  }
}

/// "--actor | --trace": the options with a value that may come before the command.
std::string common_values(const CommandDoc& program) {
  std::string names;
  for (const OptionDoc& option : program.options) {
    if (option.placeholder.empty()) continue;
    for (const std::string& name : option.names) names += (names.empty() ? "" : " | ") + name;
  }
  return names;
}

}  // namespace

std::string bash_completion(const CommandDoc& program) {
  std::string patterns;
  append_known_commands(patterns, program);
  std::string script(k_head);
  script += format("      {}) ((++i)); continue ;;\n", common_values(program));
  script += "      -*) continue ;;\n    esac\n";
  script += "    if [[ -z $command && $word == help ]]; then topics=' exit-codes'; continue; fi\n";
  script += "    case \"$command${command:+ }$word\" in\n";
  script += format(
      "      {}) command+=\"${{command:+ }}$word\" ;;\n      *) break ;;\n    esac\n  done\n",
      patterns);
  script += "  case \"$command:$prev\" in\n";
  append_all_values(script, program);
  script += "  esac\n  case \"$command\" in\n";
  append_words(script, program);
  script += "  esac\n}\n\ncomplete -F _mtlsctl mtlsctl\n";
  return script;
}

}  // namespace mtls::cmd
