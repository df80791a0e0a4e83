#include "base/record_file.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file_events.hpp"
#include "base/format.hpp"
#include "base/system_error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace mtls {
namespace {

std::string shown(const Directory& directory, const std::string& name) {
  return printable((directory.path() / name).native());
}

/// The file, locked; nothing where there is none.
std::optional<Fd> open_locked(const Directory& directory, const std::string& name) {
  Fd fd(::openat(directory.fd(), name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid() && errno == ENOENT) return std::nullopt;
  if (!fd.valid()) throw_errno(errno, format("cannot write {}", shown(directory, name)));
  // Held for the few microseconds of a change.
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw_errno(errno, format("cannot lock {}", shown(directory, name)));
  }
  return fd;
}

std::string read_whole(const Fd& fd, const Directory& directory, const std::string& name) {
  std::array<char, k_record_limit + 1> buffer{};
  std::size_t got = 0;
  while (got < buffer.size()) {
    const ssize_t read =
        ::pread(fd.get(), buffer.data() + got, buffer.size() - got, static_cast<off_t>(got));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) throw_errno_reading(errno, shown(directory, name));
    if (read == 0) break;
    got += static_cast<std::size_t>(read);
  }
  return {buffer.data(), got};
}

void overwrite(const Fd& fd, const std::string& record, const Directory& directory,
               const std::string& name) {
  note_file("file.write.start", shown(directory, name));
  for (;;) {
    const ssize_t written = ::pwrite(fd.get(), record.data(), record.size(), 0);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(errno, format("cannot write {}", shown(directory, name)));
    if (static_cast<std::size_t>(written) == record.size()) {
      note_file("file.write.end", shown(directory, name), record.size());
      return;
    }
    throw_errno(ENOSPC, format("cannot write {}", shown(directory, name)));
  }
}

/// Returns whether it was made; somebody else may be faster.
bool make(const Directory& directory, const std::string& name, const std::string& record) {
  directory.remove_stale(name);
  PendingFile file(directory, name, Access::secret);
  file.write(as_bytes(record));
  file.sync();
  try {
    file.publish(Overwrite::no);
  } catch (const Error& error) {
    if (error.code() != Errc::would_overwrite) throw;
    return false;
  }
  directory.sync();
  return true;
}

}  // namespace

std::optional<std::string> read_record_file(const Directory& directory, const std::string& name) {
  if (!directory.contains(name)) return std::nullopt;
  const FileContents contents = directory.read(name, k_record_limit);
  return std::string(as_text(contents.bytes.view()));
}

void change_record_file(const Directory& directory, const std::string& name,
                        const RecordChange& change) {
  for (;;) {
    const auto fd = open_locked(directory, name);
    if (!fd) {
      const auto record = change("");
      if (!record || make(directory, name, *record)) return;
      continue;
    }
    const std::string current = read_whole(*fd, directory, name);
    const auto record = change(current);
    if (!record) return;
    overwrite(*fd, *record, directory, name);
    // A record of another length is nobody's that this program wrote: cut to ours.
    if (current.size() != record->size() &&
        ::ftruncate(fd->get(), static_cast<off_t>(record->size())) != 0) {
      throw_errno(errno, format("cannot write {}", shown(directory, name)));
    }
    return;
  }
}

}  // namespace mtls
