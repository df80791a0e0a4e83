// What is wrong with a command line, in our words.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
class ParseError;
}  // namespace CLI

namespace mtls::cmd {

/// Throws usage for what CLI11 found: which word or flag, and which one was probably meant. `app`
/// is the command that was being parsed, `root` the whole tree.
[[noreturn]] void throw_usage_error(const CLI::App& app, const CLI::App& root,
                                    const CLI::ParseError& error);

}  // namespace mtls::cmd
