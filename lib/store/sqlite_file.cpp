#include "store/sqlite_file.hpp"

#include "base/format.hpp"
#include "base/private_file.hpp"
#include "base/system_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mtls::store {
namespace {

/// Finds what SQLite would hang on or take for something else.
void require_regular_file(const Path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (std::filesystem::is_regular_file(status)) return;
  if (error.value() == EACCES) throw DbError(DbErrc::readonly, "permission denied");
  if (!std::filesystem::exists(status)) throw DbError(DbErrc::unavailable, "there is no such file");
  throw DbError(DbErrc::unavailable, "it is not a regular file");
}

/// The file's one name, absolute and without links: what SQLite keeps beside a file is beside the
/// one that a link leads to. Debian's SQLite reads "file:…" as a URI and ":memory:" and "" as no
/// file at all.
std::string only_name(const Path& file) {
  std::error_code error;
  const Path name = std::filesystem::canonical(file, error);
  if (error) throw DbError(file_errc(error.value()), system_words(error.value()));
  return name.native();
}

/// What SQLite keeps beside a database, the newest commits included, it finds by the name alone: by
/// another name there would be another ledger.
void require_one_place(const std::string& name) {
  struct statx status {};
  if (::statx(AT_FDCWD, name.c_str(), AT_SYMLINK_NOFOLLOW, STATX_NLINK, &status) != 0) return;
  if (status.stx_nlink > 1) {
    throw DbError(DbErrc::unavailable,
                  format("the file has {} names (hard links), each of which SQLite takes for a "
                         "database of its own: leave it one",
                         status.stx_nlink));
  }
  if ((status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) {
    throw DbError(DbErrc::unavailable,
                  "the file is mounted by itself, without what SQLite keeps beside it: mount its "
                  "directory");
  }
}

}  // namespace

std::string prepare_sqlite_file(const Path& file, OpenMode mode) {
  if (file.empty() || file.native().find('\0') != std::string::npos) {
    throw DbError(DbErrc::unavailable, "not the name of a file");
  }
  if (mode == OpenMode::create && !make_private_file(file) && std::filesystem::is_symlink(file)) {
    throw DbError(DbErrc::unavailable, "it is a symbolic link, which is not followed");
  }
  require_regular_file(file);
  std::string name = only_name(file);
  require_one_place(name);
  return name;
}

DbErrc file_errc(int system_error) noexcept {
  switch (system_error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return DbErrc::full;
    case EACCES:
    case EPERM:
    case EROFS:
      return DbErrc::readonly;
    default:
      return DbErrc::unavailable;
  }
}

int find_directory_refusal(const char* file) {
  if (file == nullptr || *file == '\0') return 0;
  const std::string directory(file, static_cast<std::size_t>(std::strrchr(file, '/') - file) + 1);
  return ::access(directory.c_str(), W_OK | X_OK) == 0 ? 0 : errno;
}

}  // namespace mtls::store
