// A file before it has its name, and what is left of one whose process died.
#include "base/escape.hpp"
#include "base/file.hpp"
#include "base/file_events.hpp"
#include "base/format.hpp"
#include "base/stale_databases.hpp"
#include "base/system_error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace mtls {
namespace {

constexpr std::size_t k_random_octets = 8;

std::string random_suffix() {
  std::array<std::uint8_t, k_random_octets> octets{};
  if (::getrandom(octets.data(), octets.size(), 0) != static_cast<ssize_t>(octets.size())) {
    throw_errno(errno, "cannot get random octets");
  }
  return to_hex(octets);
}

std::string temporary_prefix(const std::string& name) { return "." + name + ".tmp-"; }

/// True for what `temporary_prefix(name) + random_suffix()` makes, and nothing else: the temporary
/// file of "a.tmp-b" is not one of "a".
bool is_temporary_of(const std::string& name, std::string_view candidate) {
  const std::string prefix = temporary_prefix(name);
  if (candidate.substr(0, prefix.size()) != prefix) return false;
  const auto suffix = from_hex(candidate.substr(prefix.size()));
  return suffix && suffix->size() == k_random_octets &&
         candidate.size() == prefix.size() + 2 * k_random_octets;
}

/// Locked as long as its process lives, which says that it was not left behind. A file system
/// without locks has none: there nothing counts as left behind.
void lock_temporary(const Fd& fd) {
  while (::flock(fd.get(), LOCK_EX) != 0 && errno == EINTR) {
  }
}

/// Whether a temporary file is ours and its process is dead: it then stays locked by `fd`.
bool is_left_behind(const Fd& fd) {
  struct stat status {};
  return fd.valid() && ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode) &&
         status.st_uid == ::geteuid() && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}

/// Nothing of this waits, whatever bears the name.
Fd open_found(const Directory& directory, const std::string& name) {
  return Fd(::openat(directory.fd(), name.c_str(),
                     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

void remove_with_database(const Directory& directory, const std::string& name) {
  for (const char* suffix : k_database_suffixes) directory.remove(name + suffix);
  directory.remove(name);
}

/// The name that a temporary file was to get; empty for what is none.
std::string name_to_be(const std::string& candidate) {
  const std::size_t around = temporary_prefix("").size() + 2 * k_random_octets;
  if (candidate.size() <= around) return {};
  std::string name = candidate.substr(1, candidate.size() - around);
  return is_temporary_of(name, candidate) ? name : std::string();
}

/// Whether a file is as a new database of ours is: private, and empty or SQLite's.
bool is_private_database(const Fd& fd) {
  constexpr std::string_view k_magic("SQLite format 3\0", 16);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || (status.st_mode & 0777U) != 0600U) return false;
  std::array<char, k_magic.size()> begin{};
  const ssize_t got = ::pread(fd.get(), begin.data(), begin.size(), 0);
  return (got == 0 && status.st_size == 0) ||
         (got == static_cast<ssize_t>(begin.size()) &&
          std::string_view(begin.data(), begin.size()) == k_magic);
}

}  // namespace

void Directory::remove_stale(const std::string& name) const {
  for (const std::string& found : list()) {
    if (!is_temporary_of(name, found)) continue;
    const Fd fd = open_found(*this, found);
    if (is_left_behind(fd)) remove_with_database(*this, found);
  }
}

void remove_stale_databases(const Directory& directory) {
  for (const std::string& found : directory.list()) {
    if (name_to_be(found).empty()) continue;
    const Fd fd = open_found(directory, found);
    if (is_left_behind(fd) && is_private_database(fd)) remove_with_database(directory, found);
  }
}

PendingFile::PendingFile(const Directory& directory, std::string name, Access access)
    : m_directory(directory), m_name(std::move(name)) {
  struct stat status {};
  // Between its making and its lock another process may have taken it for one left behind.
  while (status.st_nlink == 0) {
    m_temporary = temporary_prefix(m_name) + random_suffix();
    m_fd = Fd(::openat(directory.fd(), m_temporary.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                       access == Access::secret ? 0600 : 0666));
    if (m_fd.valid()) lock_temporary(m_fd);
    if (!m_fd.valid() || ::fstat(m_fd.get(), &status) != 0) {
      const int error = errno;
      m_temporary.clear();
      throw_errno(error,
                  format("cannot write {}", printable((directory.path() / m_name).native())));
    }
  }
  // A umask such as 0777 must not leave a file that its owner cannot read.
  if ((status.st_mode & 0600U) != 0600U) {
    static_cast<void>(::fchmod(m_fd.get(), (status.st_mode & 0777U) | 0600U));
  }
}

PendingFile::~PendingFile() {
  if (!m_temporary.empty()) ::unlinkat(m_directory.fd(), m_temporary.c_str(), 0);
}

std::string PendingFile::shown() const { return printable((m_directory.path() / m_name).native()); }

void PendingFile::write(ByteView bytes) { write_descriptor(m_fd.get(), bytes, shown()); }

void PendingFile::sync() {
  if (::fsync(m_fd.get()) != 0) throw_errno(errno, format("cannot sync {}", shown()));
}

void PendingFile::publish(Overwrite overwrite) {
  const int directory = m_directory.fd();
  const Fd lock(::fcntl(m_fd.get(), F_DUPFD_CLOEXEC, 0));  // held until it has its name
  if (const int error = m_fd.close(); error != 0) {
    throw_errno(error, format("cannot write {}", shown()));
  }
  if (overwrite == Overwrite::yes) {
    m_directory.rename(m_temporary, m_name);
    m_temporary.clear();
    return;
  }
  // RENAME_NOREPLACE is one step; filesystems without it (EINVAL) have link, which never replaces.
  if (::renameat2(directory, m_temporary.c_str(), directory, m_name.c_str(), RENAME_NOREPLACE) ==
      0) {
    note_renamed_file(printable((m_directory.path() / m_temporary).native()), shown());
    m_temporary.clear();
    return;
  }
  if ((errno == EINVAL || errno == ENOSYS) &&
      ::linkat(directory, m_temporary.c_str(), directory, m_name.c_str(), 0) == 0) {
    note_renamed_file(printable((m_directory.path() / m_temporary).native()), shown());
    return;  // the destructor removes the other name
  }
  if (errno == EEXIST) {
    throw Error(Errc::would_overwrite, format("{} exists and is not overwritten", shown()),
                "choose another name, or pass --force to replace it");
  }
  throw_errno(errno, format("cannot write {}", shown()));
}

}  // namespace mtls
