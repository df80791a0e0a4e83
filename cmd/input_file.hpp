// Files that the user names, and results that go to a file or to standard output.
#pragma once

#include "base/file.hpp"
#include "cmd/option_set.hpp"
#include "cmd/session.hpp"

#include <optional>
#include <string>

namespace mtls::cmd {

/// The name of an input for messages and documents: "-" is "standard input".
[[nodiscard]] std::string shown_input(const Path& path);
/// Reads all of a file, or of standard input for "-". Throws as read_file does.
[[nodiscard]] SecretBytes read_input(const Path& path, std::size_t limit = k_file_limit);

/// -o and --force of the commands that write one public result.
struct OutputOptions {
  std::optional<Path> file;
  bool force = false;

  void add_to(OptionSet& options);
  /// Whether the result goes to standard output.
  [[nodiscard]] bool to_stdout() const;
  /// Writes the result whole: a new file (would_overwrite unless --force), or standard output.
  void put(ByteView result, const Session& session) const;
};

/// Throws usage where `session`'s standard output is a terminal, which DER would upset.
void refuse_der_to_terminal(const Session& session);

}  // namespace mtls::cmd
