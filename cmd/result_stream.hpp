// A public result that is too long to be held: written piece by piece, whole or not at all.
#pragma once

#include "base/file.hpp"
#include "cmd/input_file.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mtls::cmd {

/// Writes to standard output, or to the file of -o, which appears only with `finish`: a new one
/// (would_overwrite unless --force), never one of a CA's own or a private key.
class ResultStream final {
 public:
  ResultStream(const OutputOptions& options, const Session& session);

  void write(std::string_view text);
  void finish();

 private:
  const Session& m_session;
  bool m_to_stdout;
  Overwrite m_overwrite;
  Path m_file;
  std::optional<Directory> m_directory;
  std::unique_ptr<PendingFile> m_pending;
  std::string m_buffer;  // all of it where a device or pipe is named
};

}  // namespace mtls::cmd
