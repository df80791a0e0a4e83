// The process's umask, for one scope.
#pragma once

#include <sys/stat.h>

namespace mtls::test {

class Umask final {
 public:
  explicit Umask(mode_t mask) : m_before(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(m_before); }

 private:
  mode_t m_before;
};

/// Returns the permission bits of `path`, a symbolic link not followed.
inline mode_t mode_of(const char* path) {
  struct stat status {};
  return ::lstat(path, &status) == 0 ? status.st_mode & 07777U : 0;
}

}  // namespace mtls::test
