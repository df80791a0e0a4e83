#include "base/file.hpp"

#include "base/escape.hpp"
#include "base/file_events.hpp"
#include "base/format.hpp"
#include "base/held_file.hpp"
#include "base/system_error.hpp"
#include "base/timed_lock.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <dirent.h>
#include <memory>
#include <utility>

namespace mtls {
namespace {

std::string shown(const Path& path) { return printable(path.native()); }

// O_NONBLOCK: opening a FIFO that nobody writes to must not hang.
constexpr int k_reading = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

Fd open_for_reading(int directory, const Path& name, std::string_view shown_name) {
  const int fd = ::openat(directory, name.c_str(), k_reading);
  if (fd < 0) throw_errno_reading(errno, shown_name);
  return Fd(fd);
}

/// A pipe counts as closed: nobody finds it.
Openness openness_of(const struct stat& status) {
  const bool open = !S_ISFIFO(status.st_mode) && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  return open ? Openness::open : Openness::closed;
}

FileContents read_open_file(const Fd& fd, std::string_view shown_name, std::size_t limit) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw_errno_reading(errno, shown_name);
  if (S_ISDIR(status.st_mode)) throw_errno_reading(EISDIR, shown_name);
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) {
    throw Error(Errc::unreadable_file,
                format("cannot read {}: neither a regular file nor a pipe", shown_name));
  }
  return {.bytes = read_descriptor(fd.get(), shown_name, limit),
          .openness = openness_of(status),
          .owner = status.st_uid};
}

Error would_overwrite(const Path& path) {
  return {Errc::would_overwrite, format("{} exists and is not overwritten", shown(path)),
          "choose another name, or pass --force to replace it"};
}

/// Returns `path` with its folder resolved but not its last name: /dev/stdout stays what it is,
/// however it was spelt ("/dev/../dev/stdout", "stdout" in /dev).
Path with_resolved_folder(const Path& path) {
  std::error_code error;
  const Path folder =
      std::filesystem::canonical(path.has_parent_path() ? path.parent_path() : Path("."), error);
  return error ? path : folder / path.filename();
}

/// The descriptor that a name under /dev or /proc stands for, if it does.
std::optional<int> named_descriptor(const Path& path) {
  const std::string text = with_resolved_folder(path).native();
  if (text == "/dev/stdin") return STDIN_FILENO;
  if (text == "/dev/stdout") return STDOUT_FILENO;
  if (text == "/dev/stderr") return STDERR_FILENO;
  // /dev/fd and /proc/self resolve to the process's own folder.
  const std::string own = format("/proc/{}/", ::getpid());
  if (text.rfind(own, 0) != 0) return std::nullopt;
  const auto folder = text.rfind("/fd/");
  if (folder == std::string::npos) return std::nullopt;
  const std::string_view digits = std::string_view(text).substr(folder + 4);
  int fd = -1;
  const auto [stop, error] = std::from_chars(digits.begin(), digits.end(), fd);
  if (error != std::errc{} || stop != digits.end() || fd < 0) return std::nullopt;
  return fd;
}

void refuse_secret(mode_t mode, Access access, const Path& path) {
  if (access == Access::secret && !S_ISFIFO(mode) && !S_ISREG(mode)) {
    throw Error(Errc::open_permissions,
                format("{} is a device or socket: a private key is not written to it", shown(path)),
                "name a file or a pipe");
  }
}

/// The owner of a file can read what is written into it, whatever its mode.
void refuse_secret_for(UserId owner, Access access, const Path& path, const TrustedOwners& owners) {
  if (access != Access::secret) return;
  const auto foreign = find_foreign_owner(shown(path), owner, owners);
  if (!foreign) return;
  throw Error(Errc::foreign_owner, format("{}: a private key is not written to it", *foreign),
              "name a file or pipe of your own");
}

/// Writes to a descriptor or special file, where nothing can be renamed into place. Returns false
/// where `path` is neither.
bool write_directly(const Path& path, ByteView bytes, Access access, const TrustedOwners& owners) {
  struct stat status {};
  if (const auto fd = named_descriptor(path)) {
    if (::fstat(*fd, &status) != 0) throw_errno(errno, format("cannot write {}", shown(path)));
    refuse_secret(status.st_mode, access, path);
    if (access == Access::secret && S_ISREG(status.st_mode) &&
        openness_of(status) == Openness::open) {
      throw Error(Errc::open_permissions,
                  format("{} is a file that others can read: a private key is not written to it",
                         shown(path)),
                  "make it 0600 first, or name a file with -o");
    }
    if (S_ISREG(status.st_mode)) refuse_secret_for(status.st_uid, access, path, owners);
    write_descriptor(*fd, bytes, shown(path));
    return true;
  }
  if (::stat(path.c_str(), &status) != 0) return false;  // absent, or a dangling link
  if (S_ISREG(status.st_mode)) return false;
  if (S_ISDIR(status.st_mode)) throw_errno(EISDIR, format("cannot write {}", shown(path)));
  refuse_secret(status.st_mode, access, path);
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  // What was opened counts, not what was looked at before.
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) {
    throw_errno(errno, format("cannot write {}", shown(path)));
  }
  refuse_secret(status.st_mode, access, path);
  refuse_secret_for(status.st_uid, access, path, owners);
  if (S_ISREG(status.st_mode)) {
    throw Error(Errc::io, format("cannot write {}: it was replaced meanwhile", shown(path)));
  }
  write_descriptor(fd.get(), bytes, shown(path));
  return true;
}

/// A umask such as 0777 must not leave a directory that its owner cannot enter.
void require_owner_bits(const Path& directory) {
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0 || (status.st_mode & S_IRWXU) == S_IRWXU) return;
  if (::chmod(directory.c_str(), S_IRWXU) != 0) {
    throw_errno(errno, format("cannot make the directory {}", shown(directory)));
  }
}

}  // namespace

Fd::Fd(Fd&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(m_fd, other.m_fd);
  return *this;
}

int Fd::release() noexcept { return std::exchange(m_fd, -1); }

Fd::~Fd() { static_cast<void>(close()); }

int Fd::close() noexcept {
  if (m_fd < 0) return 0;
  return ::close(std::exchange(m_fd, -1)) == 0 ? 0 : errno;
}

SecretBytes read_descriptor(int fd, std::string_view shown_name, std::size_t limit) {
  constexpr std::size_t k_block = 16384;
  note_file("file.read.start", shown_name);
  SecretBytes bytes;
  SecretBytes block(k_block);
  for (;;) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) {
      pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
      ::poll(&waiting, 1, -1);
      continue;
    }
    if (got < 0) throw_errno_reading(errno, shown_name);
    if (got == 0) break;
    bytes.append(block.view().first(static_cast<std::size_t>(got)));
    if (bytes.size() > limit) {
      throw Error(Errc::too_large, format("{} is larger than {} octets", shown_name, limit));
    }
  }
  note_file("file.read.end", shown_name, bytes.size());
  return bytes;
}

void write_descriptor(int fd, ByteView bytes, std::string_view shown_name) {
  const std::size_t size = bytes.size();
  note_file("file.write.start", shown_name);
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) {
      pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&waiting, 1, -1);
      continue;
    }
    if (wrote < 0) throw_errno(errno, format("cannot write {}", shown_name));
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  note_file("file.write.end", shown_name, size);
}

FileContents read_file(const Path& path, std::size_t limit) {
  if (const auto named = named_descriptor(path)) {
    struct stat status {};
    const bool file = ::fstat(*named, &status) == 0 && S_ISREG(status.st_mode);
    return {.bytes = read_descriptor(*named, shown(path), limit),
            .openness = Openness::closed,
            .owner = file ? std::optional<UserId>(status.st_uid) : std::nullopt};
  }
  const std::string name = shown(path);
  refuse_held(path, name);
  return read_open_file(open_for_reading(AT_FDCWD, path, name), name, limit);
}

bool names_descriptor(const Path& path) { return named_descriptor(path).has_value(); }

bool name_exists(const Path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

Directory Directory::open(const Path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw_errno_reading(errno, shown(path));
  return {path, Fd(fd)};
}

Directory Directory::make(const Path& path) {
  // "new/" is made in the same parent as "new".
  const Path named = path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
  std::vector<Path> missing{named};  // the innermost first
  bool parent_stands = false;        // of missing.back(); some places take no new names (/proc)
  while (!missing.empty()) {
    const Path at = missing.back();
    const Path parent = at.has_parent_path() ? at.parent_path() : Path(".");
    if (::mkdir(at.c_str(), S_IRWXU) == 0) {
      require_owner_bits(at);
      open(parent).sync();
      missing.pop_back();
      parent_stands = true;
    } else if (errno == EEXIST) {
      static_cast<void>(open(at));  // throws where it is a file or a dangling link
      missing.pop_back();
      parent_stands = true;
    } else if (errno == ENOENT && !parent_stands && parent != at && parent != ".") {
      missing.push_back(parent);
    } else {
      throw_errno(errno, format("cannot make the directory {}", shown(at)));
    }
  }
  return open(path);
}

void Directory::lock(std::chrono::milliseconds timeout) {
  const int failure = lock_within(fd(), LockKind::exclusive, timeout);
  if (failure == 0) return;
  if (failure != EWOULDBLOCK) throw_errno(failure, format("cannot lock {}", shown(m_path)));
  throw Error(Errc::ledger_locked,
              format("another mtlsctl is working in {} and did not end within {} ms", shown(m_path),
                     timeout.count()),
              "try again, or wait longer with --lock-timeout");
}

bool Directory::contains(const std::string& name) const {
  struct stat status {};
  return ::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

bool Directory::leads_nowhere(const std::string& name) const {
  struct stat status {};
  return contains(name) && ::fstatat(fd(), name.c_str(), &status, 0) != 0 && errno == ENOENT;
}

FileContents Directory::read(const std::string& name, std::size_t limit) const {
  const std::string shown_name = shown(m_path / name);
  return read_open_file(open_for_reading(fd(), name, shown_name), shown_name, limit);
}

FileContents Directory::read_found(const std::string& name, std::size_t limit) const {
  const std::string shown_name = shown(m_path / name);
  auto reached = Reached::by_name;
  Fd file(::openat(fd(), name.c_str(), k_reading | O_NOFOLLOW));
  if (!file.valid() && errno == ELOOP) {
    reached = Reached::by_link;
    if (leads_nowhere(name)) return {{}, Openness::closed, std::nullopt, reached};
    file = Fd(::openat(fd(), name.c_str(), k_reading));
  }
  if (!file.valid()) throw_errno_reading(errno, shown_name);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_errno_reading(errno, shown_name);
  if (S_ISFIFO(status.st_mode)) {
    throw Error(Errc::unreadable_file,
                format("cannot read {}: it is a pipe, and was not named", shown_name),
                "remove it if you did not put it there");
  }
  FileContents contents = read_open_file(file, shown_name, limit);
  contents.reached = reached;
  return contents;
}

void Directory::rename(const std::string& from, const std::string& to) const {
  if (::renameat(fd(), from.c_str(), fd(), to.c_str()) != 0) {
    throw_errno(errno, format("cannot rename {} to {}", shown(m_path / from), printable(to)));
  }
  note_renamed_file(shown(m_path / from), shown(m_path / to));
}

void Directory::remove(const std::string& name) const {
  if (::unlinkat(fd(), name.c_str(), 0) == 0) {
    note_file("file.remove", shown(m_path / name));
  } else if (errno != ENOENT) {
    throw_errno(errno, format("cannot remove {}", shown(m_path / name)));
  }
}

std::vector<std::string> Directory::list() const {
  const auto cannot_list = [this] { throw_errno(errno, format("cannot list {}", shown(m_path))); };
  Fd copy(::openat(fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy.valid()) cannot_list();
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(copy.get()), ::closedir);
  if (!entries) cannot_list();
  static_cast<void>(copy.release());  // closedir closes it
  std::vector<std::string> names;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else has this stream
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

bool Directory::make_private_if_empty() const {
  if (!list().empty()) return false;
  if (::fchmod(fd(), S_IRWXU) != 0) {
    throw_errno(errno, format("cannot make {} private", shown(m_path)));
  }
  return true;
}

void Directory::sync() const {
  if (::fsync(fd()) != 0) throw_errno(errno, format("cannot sync {}", shown(m_path)));
}

void write_file(const Path& path, ByteView bytes, Access access, Overwrite overwrite,
                const TrustedOwners& owners) {
  if (write_directly(path, bytes, access, owners)) return;
  const std::string name = path.filename().native();
  if (name.empty() || name == "." || name == "..") {
    throw_errno(EISDIR, format("cannot write {}", shown(path)));
  }
  if (overwrite == Overwrite::no && name_exists(path)) throw would_overwrite(path);
  const Directory directory = with_context(format("cannot write {}", shown(path)), [&path] {
    return Directory::open(path.has_parent_path() ? path.parent_path() : Path("."));
  });
  directory.remove_stale(name);
  PendingFile file(directory, name, access);
  file.write(bytes);
  file.sync();
  file.publish(overwrite);
  directory.sync();
}

Openness Directory::openness() const {
  struct stat status {};
  if (::fstat(fd(), &status) != 0) throw_errno_reading(errno, shown(m_path));
  return openness_of(status);
}

std::optional<Openness> Directory::openness(const std::string& name) const {
  struct stat status {};
  if (::fstatat(fd(), name.c_str(), &status, 0) == 0) return openness_of(status);
  if (errno == ENOENT) return std::nullopt;
  throw_errno_reading(errno, shown(m_path / name));
}

UserId Directory::owner() const {
  struct stat status {};
  if (::fstat(fd(), &status) != 0) throw_errno_reading(errno, shown(m_path));
  return status.st_uid;
}

std::optional<UserId> Directory::owner(const std::string& name) const {
  struct stat status {};
  if (::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status.st_uid;
  if (errno == ENOENT) return std::nullopt;
  throw_errno_reading(errno, shown(m_path / name));
}

}  // namespace mtls
