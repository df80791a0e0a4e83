// What is wrong with a command line, in our words.
#pragma once

#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
class ParseError;
}  // namespace CLI

namespace mtls::cmd {

/// Throws usage for what CLI11 found: which word or flag, and which one was probably meant. `app`
/// is the command that was being parsed, `root` the whole tree.
[[noreturn]] void throw_usage_error(const CLI::App& app, const CLI::App& root,
                                    const CLI::ParseError& error);

/// Throws usage for an option that stands before the command in place of one that may.
[[noreturn]] void throw_unknown_leading(const CLI::App& root, const std::string& word);

/// Throws usage where `root` was given a word in place of a command that `app` does not have.
void refuse_unknown_command(const CLI::App& app, const CLI::App& root);

/// Whether `error` is that the line ended at `app`, which needs a command after it.
[[nodiscard]] bool lacks_command(const CLI::App& app, const CLI::App& root,
                                 const CLI::ParseError& error);

}  // namespace mtls::cmd
