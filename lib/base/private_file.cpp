#include "base/private_file.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace mtls {

bool make_private_file(const Path& path) {
  constexpr mode_t k_mode = S_IRUSR | S_IWUSR;
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, k_mode));
  if (!file.valid() && errno == EEXIST) return false;
  const std::string what = format("cannot make {}", printable(path.native()));
  // The umask can only have taken bits away; a ledger without its owner's bits would be useless.
  if (!file.valid() || ::fchmod(file.get(), k_mode) != 0) throw_errno(errno, what);
  if (const int error = file.close(); error != 0) throw_errno(error, what);
  Directory::open(path.has_parent_path() ? path.parent_path() : Path(".")).sync();
  return true;
}

}  // namespace mtls
