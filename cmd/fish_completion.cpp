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
    case Completion::profile:
      return " -x -a '(__mtlsctl_profiles)'";
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

void append_options(std::string& script, const CommandDoc& command) {
  for (const OptionDoc& option : command.options) {
    script += format("complete -c mtlsctl -n '{}'", seen(command));
    for (const std::string& name : option.names) {
      script += name[1] == '-' ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    if (!option.placeholder.empty()) script += value_part(option);
    script += format(" -d '{}'\n", quoted(option.help));
  }
}

void append_leaf(std::string& script, const CommandDoc& command) {
  append_options(script, command);
  for (const OptionDoc& positional : command.positionals) {
    if (positional.completion() == Completion::nothing) continue;
    script += format("complete -c mtlsctl -n '{}'{}\n", seen(command), value_part(positional));
  }
}

void append_commands(std::string& script, const CommandDoc& command) {
  append_options(script, command);
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

/// " --actor --trace": the options with a value that may come before the command.
std::string leading_values(const CommandDoc& program) {
  std::string names;
  for (const OptionDoc& option : program.options) {
    if (option.placeholder.empty()) continue;
    for (const std::string& name : option.names) names += " " + name;
  }
  return names;
}

}  // namespace

std::string fish_completion(const CommandDoc& program) {
  std::string names;
  append_names(names, program);
  std::string script =
      format(R"(# fish completion for mtlsctl. Made by 'mtlsctl completion fish'; do not edit.

# Whether the words so far are exactly those of a command, whatever options were given before it.
function __mtlsctl_at
    set -l command
    set -l value_follows no
    for word in (commandline -opc)[2..]
        if test $value_follows = yes
            set value_follows no
            continue
        end
        if string match -q -- '-*' $word
            contains -- $word{}; and set value_follows yes
            continue
        end
        contains -- (string join ' ' $command $word){}; or break
        set -a command $word
    end
    test "$command" = "$argv[1]"
end

# The profiles of the CA and the directory that the line names.
function __mtlsctl_profiles
    set -l named
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        switch $words[$i]
            case --ca --profiles
                set -a named $words[$i] $words[(math $i + 1)]
            case '--ca=*' '--profiles=*'
                set -a named $words[$i]
        end
    end
    mtlsctl profile list $named 2>/dev/null | string replace -r ' .*' ''
end

complete -c mtlsctl -f
)",
             leading_values(program), names);
  append_commands(script, program);
  return script;
}

}  // namespace mtls::cmd
