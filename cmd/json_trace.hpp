// --trace FILE: what was done, as JSON Lines.
#pragma once

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/trace.hpp"

#include <mutex>

namespace mtls::cmd {

/// Appends a line per event, each by one write(2), so that several processes may share the file. It
/// is made 0600: names are no secret, but they are not everybody's either.
class JsonTrace final : public Trace {
 public:
  /// Throws as throw_errno does where the file cannot be opened.
  JsonTrace(const Path& path, const Clock& clock);
  void note(std::string_view event, std::initializer_list<Field> fields) override;
  /// Whether a line was lost.
  [[nodiscard]] bool failed() const noexcept { return m_failed; }

 private:
  const Clock& m_clock;
  std::mutex m_mutex;
  Fd m_fd;
  bool m_failed = false;
};

}  // namespace mtls::cmd
