#include "base/file_beginning.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace mtls {

std::optional<std::string> read_beginning(int fd, std::size_t most) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string octets(most, '\0');
  std::size_t got = 0;
  while (got < most) {
    const ssize_t read = ::pread(fd, octets.data() + got, most - got, static_cast<off_t>(got));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return std::nullopt;
    if (read == 0) break;
    got += static_cast<std::size_t>(read);
  }
  octets.resize(got);
  return octets;
}

std::optional<std::string> read_beginning(const Path& path, std::size_t most) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return std::nullopt;
  return read_beginning(fd.get(), most);
}

}  // namespace mtls
