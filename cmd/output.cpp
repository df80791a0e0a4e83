#include "cmd/output.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace mtls::cmd {

namespace {
constexpr std::size_t k_buffer_limit = std::size_t{1} << 16U;
}

void Output::write(std::string_view text) {
  m_buffer += text;
  if (m_buffer.size() >= k_buffer_limit) flush();
}

void Output::flush() {
  std::size_t done = 0;
  while (done < m_buffer.size()) {
    const ssize_t count = ::write(m_fd, m_buffer.data() + done, m_buffer.size() - done);
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      const int error_number = errno;
      m_buffer.clear();
      throw Error(Errc::output_failed,
                  format("cannot write the result to {}: {}", m_shown, system_words(error_number)));
    }
  }
  m_buffer.clear();
}

bool Output::is_terminal() const noexcept { return ::isatty(m_fd) == 1; }

}  // namespace mtls::cmd
