#include "base/record_file.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file_events.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"
#include "base/timed_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace mtls {
namespace {

/// A lock is held for the few microseconds of a change.
constexpr std::chrono::milliseconds k_patience{2000};

std::string shown(const Directory& directory, const std::string& name) {
  return printable((directory.path() / name).native());
}

/// Nothing of this waits, whatever bears the name.
Fd open_record(const Directory& directory, const std::string& name, int access) {
  constexpr int k_flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  return Fd(::openat(directory.fd(), name.c_str(), access | k_flags));
}

bool is_regular(const Fd& fd) {
  struct stat status {};
  return ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode);
}

/// Whether an open file is still the one that bears the name.
bool bears_name(const Fd& fd, const Directory& directory, const std::string& name) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd.get(), &opened) == 0 &&
         ::fstatat(directory.fd(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// A file system without locks has none: there a reader does without.
void lock_record(const Fd& fd, LockKind kind, const std::string& name) {
  const int failure = lock_within(fd.get(), kind, k_patience);
  if (failure == 0) return;
  if (failure == EWOULDBLOCK) {
    throw Error(Errc::ledger_locked, format("another process holds the lock of {}", name),
                "find it with 'fuser' or 'lsof', and let it end; mtlsctl holds this lock for "
                "microseconds");
  }
  if (kind == LockKind::exclusive) throw_errno(failure, format("cannot lock {}", name));
}

std::string read_whole(const Fd& fd, const std::string& name) {
  note_file("file.read.start", name);
  std::array<char, k_record_limit + 1> buffer{};
  std::size_t got = 0;
  while (got < buffer.size()) {
    const ssize_t read =
        ::pread(fd.get(), buffer.data() + got, buffer.size() - got, static_cast<off_t>(got));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) throw_errno(errno, format("cannot read {}", name));
    if (read == 0) break;
    got += static_cast<std::size_t>(read);
  }
  note_file("file.read.end", name, got);
  return {buffer.data(), got};
}

void overwrite(const Fd& fd, const std::string& record, const std::string& name) {
  note_file("file.write.start", name);
  for (;;) {
    const ssize_t written = ::pwrite(fd.get(), record.data(), record.size(), 0);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(errno, format("cannot write {}", name));
    if (static_cast<std::size_t>(written) == record.size()) {
      note_file("file.write.end", name, record.size());
      return;
    }
    throw_errno(ENOSPC, format("cannot write {}", name));
  }
}

/// Changes the file that is open and locked.
void change_locked(const Fd& fd, const std::string& name, const RecordChange& change) {
  const std::string current = read_whole(fd, name);
  const auto record = change(current);
  if (!record) return;
  overwrite(fd, *record, name);
  // A record of another length is nobody's that this program wrote: cut to ours.
  if (current.size() != record->size() &&
      ::ftruncate(fd.get(), static_cast<off_t>(record->size())) != 0) {
    throw_errno(errno, format("cannot write {}", name));
  }
}

/// Throws where a rename would not replace what bears the name, whoever may write in the directory.
void require_replaceable_name(const Directory& directory, const std::string& name) {
  const std::string cannot = format("cannot write {}", shown(directory, name));
  struct statx status {};
  constexpr unsigned k_wanted = STATX_TYPE | STATX_MODE | STATX_UID;
  if (::statx(directory.fd(), name.c_str(), AT_SYMLINK_NOFOLLOW, k_wanted, &status) != 0) {
    if (errno == ENOENT) return;
    throw_errno(errno, cannot);
  }
  if (S_ISDIR(status.stx_mode)) throw_errno(EISDIR, cannot);
  if ((status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) {
    throw Error(Errc::io, format("{}: it is a mount point, which is never replaced", cannot),
                "mount the whole directory instead");
  }
  if ((status.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0) {
    throw_errno(EPERM, cannot);
  }
  struct stat place {};
  if (::fstat(directory.fd(), &place) != 0) throw_errno(errno, cannot);
  const uid_t self = ::geteuid();
  if ((place.st_mode & S_ISVTX) != 0 && self != 0 && place.st_uid != self &&
      status.stx_uid != self) {
    throw_errno(EPERM, cannot);
  }
}

void put(const Directory& directory, const std::string& name, std::string_view record,
         Overwrite how) {
  directory.remove_stale(name);
  PendingFile file(directory, name, Access::secret);
  file.write(as_bytes(record));
  file.sync();
  file.publish(how);
  directory.sync();
}

/// Returns whether it was made; somebody else may be faster.
bool make(const Directory& directory, const std::string& name, std::string_view record) {
  try {
    put(directory, name, record, Overwrite::no);
  } catch (const Error& error) {
    if (error.code() != Errc::would_overwrite) throw;
    return false;
  }
  return true;
}

}  // namespace

std::optional<RecordFile> read_record_file(const Directory& directory, const std::string& name) {
  const std::string what = shown(directory, name);
  for (;;) {
    const Fd fd = open_record(directory, name, O_RDONLY);
    if (!fd.valid()) {
      if (errno == ENOENT) return std::nullopt;
      if (errno == ELOOP) return RecordFile{.record = {}, .flaw = "is a symbolic link"};
      if (errno == ENXIO) return RecordFile{.record = {}, .flaw = "is a socket or a device"};
      throw_errno(errno, format("cannot read {}", what));
    }
    if (!is_regular(fd)) return RecordFile{.record = {}, .flaw = "is no regular file"};
    lock_record(fd, LockKind::shared, what);
    if (!bears_name(fd, directory, name)) continue;  // replaced meanwhile
    std::string record = read_whole(fd, what);
    if (record.size() <= k_record_limit) return RecordFile{.record = std::move(record)};
    return RecordFile{.record = {}, .flaw = format("is larger than {} octets", k_record_limit)};
  }
}

void change_record_file(const Directory& directory, const std::string& name,
                        const RecordChange& change) {
  const std::string what = shown(directory, name);
  for (;;) {
    const Fd fd = open_record(directory, name, O_RDWR);
    if (!fd.valid() && errno == ENOENT) {
      const auto record = change("");
      if (!record || make(directory, name, *record)) return;
      continue;
    }
    if (!fd.valid()) throw_errno(errno, format("cannot write {}", what));
    if (!is_regular(fd)) throw Error(Errc::io, format("cannot write {}: no regular file", what));
    lock_record(fd, LockKind::exclusive, what);
    if (!bears_name(fd, directory, name)) continue;
    change_locked(fd, what, change);
    return;
  }
}

bool try_change_record_file(const Directory& directory, const std::string& name,
                            const RecordChange& change) {
  const Fd fd = open_record(directory, name, O_RDWR);
  if (!fd.valid() || !is_regular(fd)) return false;
  if (lock_within(fd.get(), LockKind::exclusive, std::chrono::milliseconds(0)) != 0) return false;
  if (!bears_name(fd, directory, name)) return false;
  try {
    change_locked(fd, shown(directory, name), change);
  } catch (const Error& error) {
    if (error.code() != Errc::io && error.code() != Errc::disk_full) throw;
    return false;
  }
  return true;
}

void require_replaceable_record_file(const Directory& directory, const std::string& name,
                                     std::size_t length) {
  require_replaceable_name(directory, name);
  directory.remove_stale(name);
  PendingFile trial(directory, name, Access::secret);
  trial.write(as_bytes(std::string(length, ' ')));
  trial.sync();
}

void replace_record_file(const Directory& directory, const std::string& name,
                         std::string_view record) {
  put(directory, name, record, Overwrite::yes);
}

}  // namespace mtls
