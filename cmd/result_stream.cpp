#include "cmd/result_stream.hpp"

#include "authority/ca_files.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

namespace mtls::cmd {
namespace {

/// Whether a name leads to something that is written to as it is, and not replaced.
bool is_written_directly(const Path& file) {
  if (names_descriptor(file)) return true;
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
}

}  // namespace

ResultStream::ResultStream(const OutputOptions& options, const Session& session)
    : m_session(session),
      m_to_stdout(options.to_stdout()),
      m_overwrite(options.force ? Overwrite::yes : Overwrite::no) {
  if (m_to_stdout) return;
  m_file = *options.file;
  authority::require_public_target(m_file);
  if (is_written_directly(m_file)) return;
  if (m_overwrite == Overwrite::no && name_exists(m_file)) {
    throw Error(Errc::would_overwrite, format("{} exists", printable(m_file.native())),
                "replace it with --force, or choose another name with -o");
  }
  with_context(format("cannot write {}", printable(m_file.native())), [this] {
    m_directory = Directory::open(m_file.has_parent_path() ? m_file.parent_path() : Path("."));
    m_pending =
        std::make_unique<PendingFile>(*m_directory, m_file.filename().native(), Access::shared);
  });
}

void ResultStream::write(std::string_view text) {
  constexpr std::size_t k_buffer = 65536;
  if (m_to_stdout) {
    m_session.out().write(text);
    return;
  }
  m_buffer += text;
  if (!m_pending || m_buffer.size() < k_buffer) return;
  m_pending->write(as_bytes(m_buffer));
  m_buffer.clear();
}

void ResultStream::finish() {
  if (m_to_stdout) return;
  if (!m_pending) {
    write_file(m_file, as_bytes(m_buffer), Access::shared, m_overwrite);
    return;
  }
  m_pending->write(as_bytes(m_buffer));
  m_pending->sync();
  m_pending->publish(m_overwrite);
  m_directory->sync();
}

}  // namespace mtls::cmd
