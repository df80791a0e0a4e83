// Files that this process holds under POSIX locks.
#pragma once

#include "base/file.hpp"

namespace mtls {

/// While one lives, nothing else of this process opens the file, nor what a database engine keeps
/// beside it: closing any descriptor of a file gives up all locks that the process has on it
/// (fcntl(2)), and SQLite's would be gone under its transaction. Reading it by read_file and the
/// like is an error; whoever looks through directories asks is_held first.
class HeldFile final {
 public:
  explicit HeldFile(Path file);
  HeldFile(const HeldFile&) = delete;
  HeldFile& operator=(const HeldFile&) = delete;
  HeldFile(HeldFile&&) = delete;
  HeldFile& operator=(HeldFile&&) = delete;
  ~HeldFile();

 private:
  Path m_file;
};

/// Whether the name leads to such a file, whatever the file is called there. Opens nothing.
[[nodiscard]] bool is_held(const Path& file);
/// Throws unreadable_file where it does; `shown` is its name, safe to show.
void refuse_held(const Path& file, const std::string& shown);

}  // namespace mtls
