// Files: bounded reading, and writing that leaves the old file or the new one, never a part.
// These are the only POSIX calls of lib/ outside lib/tls.
#pragma once

#include "base/bytes.hpp"
#include "base/secret.hpp"
#include "base/trusted_owners.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mtls {

using Path = std::filesystem::path;

/// The largest file that is read unless said otherwise: 1 MiB.
inline constexpr std::size_t k_file_limit = std::size_t{1} << 20U;

/// An owned file descriptor.
class Fd final {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : m_fd(fd) {}
  Fd(Fd&& other) noexcept;
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd();
  [[nodiscard]] int get() const noexcept { return m_fd; }
  [[nodiscard]] bool valid() const noexcept { return m_fd >= 0; }
  /// Closes now and reports what close says (0 or an errno): data can be lost there.
  int close() noexcept;
  /// Gives the descriptor away: it is not closed here.
  [[nodiscard]] int release() noexcept;

 private:
  int m_fd = -1;
};

/// Who may read a file that is made.
enum class Access {
  secret,  ///< 0600 from creation, whatever the umask
  shared,  ///< 0666 less the umask, never less than 0600
};

enum class Overwrite { no, yes };

/// Whether a file that was read can be read or written by others than its owner and root.
enum class Openness { closed, open };

/// Whether the last part of a name was the file itself or a symbolic link to it.
enum class Reached { by_name, by_link };

/// What was read, and what the open descriptor said of it.
struct FileContents {
  SecretBytes bytes;  // a file may hold a key: overwritten when it goes
  Openness openness;  // open: the mode has a bit for group or others (always closed for a pipe)
  /// Nothing for a pipe or terminal that the caller opened: the caller chose who writes to it.
  std::optional<UserId> owner = std::nullopt;
  Reached reached = Reached::by_name;  // only Directory::read_found says otherwise
};

/// Reads the whole of a regular file or pipe. Throws unreadable_file (absent, no permission, a
/// directory, device or socket), too_large past `limit` octets, io when reading fails.
[[nodiscard]] FileContents read_file(const Path& path, std::size_t limit = k_file_limit);
/// Reads an open descriptor to its end, with the same limit; `shown` names it in errors and is
/// printable already.
[[nodiscard]] SecretBytes read_descriptor(int fd, std::string_view shown,
                                          std::size_t limit = k_file_limit);
/// Writes all of `bytes`, also through short writes and EINTR. Throws as throw_errno does.
void write_descriptor(int fd, ByteView bytes, std::string_view shown);

/// Whether a name stands for an open descriptor of this process (/dev/stdout, /dev/fd/3,
/// /proc/self/fd/3, however spelt): it is written to, whatever it leads to. Any other name under
/// /dev or /proc is a name like all.
[[nodiscard]] bool names_descriptor(const Path& path);

/// True if the name exists, a dangling symbolic link included.
[[nodiscard]] bool name_exists(const Path& path);

/// An open directory: names are resolved in it with openat, so that it cannot be swapped for
/// another between two calls. While `lock` is held (flock), no other process of ours works in it.
class Directory final {
 public:
  /// Opens an existing directory; throws unreadable_file.
  [[nodiscard]] static Directory open(const Path& path);
  /// Makes the directory and its parents with mode 0700 where they are absent, whatever the umask,
  /// then opens it. A new one is made durable (its parent is synced). Throws as throw_errno does
  /// where a parent takes no new names (/proc), unreadable_file where the name is no directory's.
  [[nodiscard]] static Directory make(const Path& path);

  /// Takes over an open descriptor of a directory; `shown` names it in errors.
  [[nodiscard]] static Directory adopt(Path shown, Fd fd) {
    return {std::move(shown), std::move(fd)};
  }

  /// Takes the exclusive lock, waiting up to `timeout`, those who wait one after the other as they
  /// came. Throws ledger_locked when it runs out, which names the directory. Released when the
  /// object goes.
  void lock(std::chrono::milliseconds timeout);

  [[nodiscard]] const Path& path() const noexcept { return m_path; }
  [[nodiscard]] int fd() const noexcept { return m_fd.get(); }
  /// Whether group or others can read, enter or write it.
  [[nodiscard]] Openness openness() const;
  /// The same of a file in it (an absolute name stands for itself); nothing where it is absent.
  [[nodiscard]] std::optional<Openness> openness(const std::string& name) const;
  /// Whose the directory is.
  [[nodiscard]] UserId owner() const;
  /// Whose a name in it is: the file's owner, or the link's own; nothing where it is absent.
  [[nodiscard]] std::optional<UserId> owner(const std::string& name) const;
  [[nodiscard]] bool contains(const std::string& name) const;
  /// Whether the name is a symbolic link that leads nowhere.
  [[nodiscard]] bool leads_nowhere(const std::string& name) const;
  /// Reads a file of this directory, as read_file does; follows a symbolic link.
  [[nodiscard]] FileContents read(const std::string& name, std::size_t limit = k_file_limit) const;
  /// The same for a file that nobody named, such as what an interrupted run left: a symbolic link
  /// is read but reported (`reached`), for the caller to refuse where it matters; one that leads
  /// nowhere has no content. Throws unreadable_file for a pipe as well, which could make it wait.
  [[nodiscard]] FileContents read_found(const std::string& name,
                                        std::size_t limit = k_file_limit) const;
  /// Renames within the directory, replacing `to`. Not durable until `sync`.
  void rename(const std::string& from, const std::string& to) const;
  /// Removes a name if it is there. Not durable until `sync`.
  void remove(const std::string& name) const;
  /// The names in it, in no order, without "." and "..".
  [[nodiscard]] std::vector<std::string> list() const;
  /// Removes what an interrupted PendingFile for `name` left, where it is this user's, and what the
  /// database engine left beside that. One that a living process writes is locked, and stays.
  void remove_stale(const std::string& name) const;
  /// Makes an empty directory 0700 and returns true; false where it holds anything.
  [[nodiscard]] bool make_private_if_empty() const;
  /// Makes renames, links and removals durable (fsync of the directory).
  void sync() const;

 private:
  Directory(Path path, Fd fd) : m_path(std::move(path)), m_fd(std::move(fd)) {}
  Path m_path;
  Fd m_fd;
};

/// What SQLite puts behind a database's name for the files that it keeps beside it.
inline constexpr std::array<const char*, 3> k_database_suffixes{"-wal", "-shm", "-journal"};

/// A file that is written beside its name and appears under it in one step. Created with O_EXCL and
/// its final mode; unlinked when the object goes unpublished.
class PendingFile final {
 public:
  PendingFile(const Directory& directory, std::string name, Access access);
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  PendingFile(PendingFile&&) = delete;
  PendingFile& operator=(PendingFile&&) = delete;
  ~PendingFile();

  void write(ByteView bytes);
  /// What it is called until it has its name, for another writer (the database engine) to fill it.
  [[nodiscard]] const std::string& temporary() const noexcept { return m_temporary; }
  /// fsync; an error means that the content is lost and is not tried again.
  void sync();
  /// Gives the file its name; Overwrite::no throws would_overwrite where something bears it
  /// (atomically, not by a look before). A symbolic link is replaced, not followed. Durable after
  /// Directory::sync.
  void publish(Overwrite overwrite);

 private:
  [[nodiscard]] std::string shown() const;

  const Directory& m_directory;
  std::string m_name;
  std::string m_temporary;
  Fd m_fd;
};

/// Writes one file the whole way: pending file, fsync, rename, fsync of the directory. A name that
/// is a device, FIFO or socket, or stands under /dev or /proc for an open descriptor, is written
/// directly instead; for Access::secret only a pipe is, or a closed file of one of `owners`. Throws
/// would_overwrite, disk_full, permission, io; open_permissions for a secret to a device;
/// foreign_owner for a secret to a named pipe or open file of a user who is not trusted.
void write_file(const Path& path, ByteView bytes, Access access, Overwrite overwrite,
                const TrustedOwners& owners = TrustedOwners::of_process());

}  // namespace mtls
