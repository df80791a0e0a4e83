#include "store/sqlite_file.hpp"

#include "base/private_file.hpp"
#include "base/system_error.hpp"

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

}  // namespace

std::string prepare_sqlite_file(const Path& file, OpenMode mode) {
  if (file.empty() || file.native().find('\0') != std::string::npos) {
    throw DbError(DbErrc::unavailable, "not the name of a file");
  }
  if (mode == OpenMode::create && !make_private_file(file) && std::filesystem::is_symlink(file)) {
    throw DbError(DbErrc::unavailable, "it is a symbolic link, which is not followed");
  }
  require_regular_file(file);
  return only_name(file);
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
