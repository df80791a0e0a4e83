#include "cmd/command_line.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace mtls::cmd {
namespace {

using Words = std::vector<std::string>;

/// An option as it is written on the command line.
struct Written {
  const CLI::Option* option;  // null: `app` has none of that name
  std::string name;
  std::optional<std::string> value;
  std::size_t size;  // how many words it takes
};

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// Reads the option at `at`, which begins with a dash.
Written read_option(const CLI::App& app, const Words& words, std::size_t at) {
  const std::string& word = words[at];
  const bool is_long = word[1] == '-';
  const std::size_t end = is_long ? std::min(word.find('='), word.size()) : 2;
  Written written{.option = nullptr, .name = word.substr(0, end), .value = std::nullopt, .size = 1};
  written.option = app.get_option_no_throw(written.name);
  if (end < word.size()) {
    written.value = word.substr(is_long ? end + 1 : end);
  } else if (written.option != nullptr && takes_value(*written.option) && at + 1 < words.size()) {
    written.value = words[at + 1];
    written.size = 2;
  }
  return written;
}

bool begins_option(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

/// The command that `noun` (empty: none yet) and `word` make; nothing where they make none.
std::string_view find_words(std::string_view noun, std::string_view word) {
  const std::string both = noun.empty() ? std::string(word) : format("{} {}", noun, word);
  for (const CommandEntry& entry : command_table()) {
    if (entry.words == both) return entry.words;
  }
  return {};
}

bool is_noun(std::string_view word) {
  const auto nouns = noun_table();
  return std::any_of(nouns.begin(), nouns.end(),
                     [word](const NounEntry& noun) { return noun.word == word; });
}

std::string full_name(std::string_view words) { return format("mtlsctl {}", words); }

/// Whether `option` is already given with the same value. Throws usage for another value.
bool repeats(const CLI::Option& option, const LeadingOption& one,
             const std::vector<Written>& given) {
  for (const Written& other : given) {
    if (other.option != &option) continue;
    if (takes_value(option) && other.value != one.value) {
      throw Error(Errc::usage, format("{} is given twice, with different values", one.name),
                  "leave one of them out");
    }
    return true;
  }
  return false;
}

CommandLine unknown(const std::string& word) {
  CommandLine line;
  line.unknown = word;
  return line;
}

/// The options among the words that follow the command's.
std::vector<Written> read_rest(const CLI::App& app, const Words& rest) {
  std::vector<Written> given;
  for (std::size_t at = 0; at < rest.size() && rest[at] != "--";) {
    if (!begins_option(rest[at])) {
      ++at;
      continue;
    }
    given.push_back(read_option(app, rest, at));
    at += given.back().size;
  }
  return given;
}

/// What an option before the command means for reading on.
enum class Next { go_on, no_command, unknown };

/// Reads the option at `at`, or several short flags in one word, each of which must be one that may
/// be given here; moves `at` behind it.
Next take_leading(const CLI::App& app, const Words& arguments, std::size_t& at,
                  std::vector<LeadingOption>& leading) {
  const std::string& word = arguments[at];
  const bool cluster = word[1] != '-' && word.size() > 2;
  for (std::size_t i = 1; cluster && i + 1 < word.size(); ++i) {
    const std::string name{'-', word[i]};
    if (app.get_option_no_throw(name) == nullptr) return Next::unknown;
    leading.push_back({name, std::nullopt});
  }
  const Words last{cluster ? std::string{'-', word.back()} : word};
  const Written written = cluster ? read_option(app, last, 0) : read_option(app, arguments, at);
  if (written.name == "-h" || written.name == "--help") return Next::no_command;
  if (written.option == nullptr) return Next::unknown;
  if (takes_value(*written.option) && !written.value) return Next::no_command;
  leading.push_back({written.name, written.value});
  at += written.size;
  return Next::go_on;
}

Words words_behind(const Words& arguments, std::size_t at) {
  return {arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1, arguments.end()};
}

}  // namespace

CommandLine read_command_line(const std::vector<std::string>& arguments) {
  CLI::App app;
  CommonOptions common;
  CaOptions ca;
  OptionSet set(app, "");
  common.add_to(set);
  ca.add_location_to(set);

  CommandLine line;
  std::string noun;
  for (std::size_t at = 0; at < arguments.size();) {
    const std::string& word = arguments[at];
    const bool version = word == "--version" && noun.empty();
    if (begins_option(word) && !version) {
      switch (take_leading(app, arguments, at, line.leading)) {
        case Next::go_on:
          continue;
        case Next::unknown:
          return unknown(word);
        case Next::no_command:
          return {};
      }
    }
    line.words = version ? "version" : find_words(noun, word);
    if (!line.words.empty()) {
      line.rest = words_behind(arguments, at);
      return line;
    }
    if (!noun.empty() || !is_noun(word)) return {};
    noun = word;
    ++at;
  }
  return {};
}

std::vector<std::string> arguments_of(const CommandLine& line, const CLI::App& app) {
  std::vector<std::string> arguments;
  std::vector<Written> given = read_rest(app, line.rest);
  for (const LeadingOption& one : line.leading) {
    const CLI::Option* option = app.get_option_no_throw(one.name);
    if (option == nullptr) {
      throw Error(Errc::usage, format("{} has no option {}", full_name(line.words), one.name),
                  format("{} --help lists what there is", full_name(line.words)));
    }
    if (repeats(*option, one, given)) continue;
    given.push_back({.option = option, .name = one.name, .value = one.value, .size = 1});
    arguments.push_back(one.name);
    if (!one.value) continue;
    if (takes_value(*option)) {
      arguments.push_back(*one.value);
    } else {
      arguments.back() += "=" + *one.value;
    }
  }
  arguments.insert(arguments.end(), line.rest.begin(), line.rest.end());
  return arguments;
}

}  // namespace mtls::cmd
