// Where results go: a small buffer over write(2), so that a result that did not arrive is an error
// and not a silence.
#pragma once

#include <string>
#include <string_view>

namespace mtls::cmd {

/// An output stream on a descriptor that it does not own. What is left in the buffer at the end
/// must be flushed by whoever made it: the destructor does not write, since it could not complain.
class Output final {
 public:
  /// `shown` names it in errors ("standard output").
  Output(int fd, std::string shown) : m_fd(fd), m_shown(std::move(shown)) {}

  /// Appends `text`; writes when the buffer is full. Throws as flush does.
  void write(std::string_view text);
  /// Writes all that is buffered. Throws output_failed where not all of it could be written; what
  /// was buffered is dropped then.
  void flush();
  [[nodiscard]] bool is_terminal() const noexcept;

 private:
  int m_fd;
  std::string m_shown;
  std::string m_buffer;
};

}  // namespace mtls::cmd
