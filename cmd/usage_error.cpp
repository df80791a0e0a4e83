#include "cmd/usage_error.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/nearest.hpp"
#include "cmd/foreign_words.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace mtls::cmd {
namespace {

std::string full_name(const CLI::App& app) {
  if (app.get_parent() == nullptr) return app.get_name();
  return full_name(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_group().empty()) names.push_back(sub->get_name());
  }
  return names;
}

std::string help_hint(const CLI::App& app) {
  return format("{} --help lists what there is", full_name(app));
}

/// What helps with an option that is like none of `app`.
std::string other_flag_hint(const CLI::App& app) {
  if (command_names(app).empty()) return help_hint(app);
  return "only common options, --ca and --store may come before the command; give others after it";
}

[[noreturn]] void fail_unknown_flag(const CLI::App& app, const std::string& word) {
  const std::string flag = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // OptionSet::removed
    for (const std::string& name : option->get_lnames()) known.push_back(name);
  }
  // Dashes are no likeness.
  const std::size_t dashes = std::min(flag.find_first_not_of('-'), flag.size());
  const std::string_view close = nearest(std::string_view(flag).substr(dashes), known);
  throw Error(Errc::usage, format("unknown option {}", printable(flag)),
              close.empty() ? other_flag_hint(app) : format("did you mean --{}?", close));
}

[[noreturn]] void fail_unknown_command(const CLI::App& app, const std::string& word) {
  refuse_foreign_word(format("{} {}", full_name(app), printable(word)), word);
  const std::vector<std::string> known = command_names(app);
  const std::string_view close = nearest(word, known);
  throw Error(
      Errc::usage, format("unknown command: {} {}", full_name(app), printable(word)),
      close.empty() ? help_hint(app) : format("did you mean {} {}?", full_name(app), close));
}

/// The name of an option in CLI11's message "--at: 1 required TIME missing" or "FILE is required".
std::string first_word(const std::string& message) {
  return message.substr(0, message.find_first_of(": "));
}

}  // namespace

void refuse_unknown_command(const CLI::App& app, const CLI::App& root) {
  if (command_names(app).empty()) return;
  for (const std::string& word : root.remaining(true)) {
    if (word[0] != '-') fail_unknown_command(app, word);
  }
}

bool lacks_command(const CLI::App& app, const CLI::App& root, const CLI::ParseError& error) {
  return error.get_name() == "RequiredError" && !command_names(app).empty() &&
         root.remaining(true).empty();
}

void throw_unknown_leading(const CLI::App& root, const std::string& word) {
  if (word == "--") {
    throw Error(Errc::usage, "-- is given before the command",
                "write it after the command, before file names that begin with a dash");
  }
  fail_unknown_flag(root, word);
}

void throw_usage_error(const CLI::App& app, const CLI::App& root, const CLI::ParseError& error) {
  const std::vector<std::string> rest = root.remaining(true);
  const bool wants_command = !command_names(app).empty();
  // The first word decides: the ones behind it may be another command's.
  if (!rest.empty()) {
    const std::string& word = rest.front();
    if (word.size() > 1 && word[0] == '-' && word != "--") fail_unknown_flag(app, word);
    if (wants_command) fail_unknown_command(app, word);
  }
  if (!rest.empty()) {
    throw Error(Errc::usage,
                format("{} takes no argument '{}'", full_name(app), printable(rest.front())),
                help_hint(app));
  }
  const std::string message = printable(error.what());
  if (error.get_name() == "RequiredError") {
    throw Error(Errc::missing_value, format("{} is missing", first_word(message)), help_hint(app));
  }
  if (error.get_name() == "ArgumentMismatch") {
    // Either a flag at the end of the line, or one given twice.
    const std::string flag = first_word(message);
    const CLI::Option* option = app.get_option_no_throw(flag);
    const bool twice = option != nullptr && option->count() > 1;
    throw Error(
        twice ? Errc::usage : Errc::missing_value,
        twice ? format("{} is given more than once", flag) : format("{} needs a value", flag),
        help_hint(app));
  }
  throw Error(Errc::usage, message, help_hint(app));
}

}  // namespace mtls::cmd
