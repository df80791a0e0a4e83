#include "base/file_beginning.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file_events.hpp"
#include "base/format.hpp"
#include "base/held_file.hpp"
#include "base/system_error.hpp"

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
  if (is_held(path)) return std::nullopt;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return std::nullopt;
  return read_beginning(fd.get(), most);
}

void read_in_pieces(const Path& path, const std::function<void(std::string_view)>& take) {
  constexpr std::size_t k_piece = 65'536;
  const std::string shown = printable(path.native());
  refuse_held(path, shown);
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) throw_errno_reading(errno, shown);
  if (!S_ISREG(status.st_mode)) {
    throw Error(Errc::unreadable_file, format("cannot read {}: not a regular file", shown));
  }
  note_file("file.read.start", shown);
  std::string buffer(k_piece, '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno_reading(errno, shown);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    take(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
  }
  note_file("file.read.end", shown, size);
}

}  // namespace mtls
