#include "base/found_directory.hpp"

#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"

#include <climits>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <utility>

namespace mtls {
namespace {

constexpr int k_most_links = 40;  // as the kernel has it
constexpr int k_look = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/// One way through the file system. Each step is taken from the directory before it, which was
/// judged first: nobody who could change the step has been let pass.
class Walk final {
 public:
  Walk(const Path& path, const TrustedOwners& owners) : m_path(path), m_owners(owners) {
    push_front(path.native());
    m_at = look(AT_FDCWD, path.is_absolute() ? "/" : ".");
    judge_upwards();  // where a relative path begins
  }

  FoundDirectory finish() && {
    while (!m_pending.empty()) {
      const std::string name = std::move(m_pending.front());
      m_pending.pop_front();
      step(name);
    }
    judge_upwards();
    Fd opened(::openat(m_at.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.valid()) fail(errno);
    return {.directory = Directory::adopt(m_path, std::move(opened)), .unsafe = std::move(m_why)};
  }

 private:
  [[noreturn]] void fail(int error) const {
    throw_errno_reading(error, printable(m_path.native()));
  }

  [[nodiscard]] Fd look(int from, const std::string& name) const {
    Fd fd(::openat(from, name.c_str(), k_look));
    if (!fd.valid()) fail(errno);
    return fd;
  }

  /// Puts the components of `path` before those that are still to be taken.
  void push_front(const std::string& path) {
    std::deque<std::string> parts;
    std::size_t at = 0;
    while (at < path.size()) {
      const std::size_t end = std::min(path.find('/', at), path.size());
      const std::string part = path.substr(at, end - at);
      if (!part.empty() && part != ".") parts.push_back(part);
      at = end + 1;
    }
    m_pending.insert(m_pending.begin(), parts.begin(), parts.end());
  }

  void step(const std::string& name) {
    judge(m_at);
    struct stat status {};
    if (::fstatat(m_at.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) fail(errno);
    if (S_ISLNK(status.st_mode)) {
      follow(name, status.st_uid);
    } else {
      m_at = look(m_at.get(), name);
    }
  }

  void follow(const std::string& name, uid_t owner) {
    if (++m_links > k_most_links) fail(ELOOP);
    if (!m_owners.contain(owner)) {
      note(format("the link {} belongs to {}", shown(m_at, name), describe_user(owner)));
    }
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlinkat(m_at.get(), name.c_str(), target.data(), target.size());
    if (size < 0) fail(errno);
    if (static_cast<std::size_t>(size) == target.size()) fail(ENAMETOOLONG);
    const std::string path(target.data(), static_cast<std::size_t>(size));
    if (path.starts_with('/')) m_at = look(AT_FDCWD, "/");
    push_front(path);
  }

  /// Where a directory is now, for messages.
  static std::string shown(const Fd& fd, const std::string& name = {}) {
    std::error_code ignored;
    const Path path = std::filesystem::read_symlink(format("/proc/self/fd/{}", fd.get()), ignored);
    return printable((name.empty() ? path : path / name).native());
  }

  /// The first reason is kept.
  void note(std::string why) {
    if (!m_why) m_why = std::move(why);
  }

  void judge(const Fd& directory) {
    struct stat status {};
    if (::fstat(directory.get(), &status) != 0) fail(errno);
    const bool sticky_of_root = (status.st_mode & S_ISVTX) != 0 && status.st_uid == 0;
    if (!m_owners.contain(status.st_uid)) {
      note(*find_foreign_owner(shown(directory), status.st_uid, m_owners));
    } else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky_of_root) {
      note(format("{} can be written by its group or by others", shown(directory)));
    }
  }

  /// This directory and all above it, whatever way led here.
  void judge_upwards() {
    Fd at = look(m_at.get(), ".");
    for (;;) {
      judge(at);
      Fd above = look(at.get(), "..");
      struct stat here {};
      struct stat there {};
      if (::fstat(at.get(), &here) != 0 || ::fstat(above.get(), &there) != 0) fail(errno);
      if (here.st_dev == there.st_dev && here.st_ino == there.st_ino) return;
      at = std::move(above);
    }
  }

  Path m_path;
  const TrustedOwners& m_owners;
  Fd m_at;
  std::deque<std::string> m_pending;
  int m_links = 0;
  std::optional<std::string> m_why;
};

}  // namespace

FoundDirectory open_found_directory(const Path& path, const TrustedOwners& owners) {
  return Walk(path, owners).finish();
}

}  // namespace mtls
