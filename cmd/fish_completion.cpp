#include "base/format.hpp"
#include "cmd/shell_completion.hpp"

namespace mtls::cmd {
namespace {

/// Inside '…' of fish.
std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string value_part(const OptionDoc& option) {
  switch (option.completion()) {
    case Completion::file:
      return " -r -F";
    case Completion::directory:
      return " -x -a '(__fish_complete_directories)'";
    case Completion::words: {
      std::string words;
      for (const std::string& word : option.words()) words += (words.empty() ? "" : " ") + word;
      return format(" -x -a '{}'", quoted(words));
    }
    case Completion::nothing:
      break;
  }
  return " -x";
}

/// The condition under which a command's options are offered: its words stand on the line.
std::string seen(const CommandDoc& command) { return format("__mtlsctl_at \"{}\"", command.words); }

void append_leaf(std::string& script, const CommandDoc& command) {
  for (const OptionDoc& option : command.options) {
    script += format("complete -c mtlsctl -n '{}'", seen(command));
    for (const std::string& name : option.names) {
      script += name[1] == '-' ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    if (!option.placeholder.empty()) script += value_part(option);
    script += format(" -d '{}'\n", quoted(option.help));
  }
  for (const OptionDoc& positional : command.positionals) {
    if (positional.completion() == Completion::nothing) continue;
    script += format("complete -c mtlsctl -n '{}'{}\n", seen(command), value_part(positional));
  }
}

void append_commands(std::string& script, const CommandDoc& command) {
  for (const CommandDoc& sub : command.commands) {
    if (sub.hidden) continue;
    script += format("complete -c mtlsctl -n '{}' -x -a '{}' -d '{}'\n", seen(command), sub.name(),
                     quoted(sub.summary));
    if (sub.commands.empty()) {
      append_leaf(script, sub);
    } else {
      append_commands(script, sub);
    }
  }
}

void append_names(std::string& names, const CommandDoc& command) {
  for (const CommandDoc& sub : command.commands) {
    if (sub.hidden) continue;
    names += " '" + sub.words + "'";
    append_names(names, sub);
  }
}

}  // namespace

std::string fish_completion(const CommandDoc& program) {
  std::string names;
  append_names(names, program);
  std::string script =
      format(R"(# fish completion for mtlsctl. Made by 'mtlsctl completion fish'; do not edit.

# Whether the words so far are exactly those of a command.
function __mtlsctl_at
    set -l command
    for word in (commandline -opc)[2..]
        string match -q -- '-*' $word; and break
        contains -- (string join ' ' $command $word){}; or break
        set -a command $word
    end
    test "$command" = "$argv[1]"
end

complete -c mtlsctl -f
)",
             names);
  append_commands(script, program);
  return script;
}

}  // namespace mtls::cmd
