// A SQLite file that nobody has open for writing, told from outside of SQLite.
#pragma once

#include "base/clock.hpp"

#include <sys/stat.h>

#include <optional>
#include <string>

namespace mtls::store {

/// A database file in which all that was committed is, and which nobody changes: there is no -wal
/// and no -journal beside it. Whoever writes holds a -wal until all is in the file itself, whose
/// times then change. So what was read from a file that is_still afterwards is what SQLite would
/// have read under its locks.
class StillFile final {
 public:
  /// Looks at the file `name`. Nothing where it is in use, or was changed so lately that one change
  /// more would not show in its times, whose steps are up to 2 s long; nor where the name is a
  /// symbolic link: what SQLite keeps beside a file is beside the one that it leads to.
  [[nodiscard]] static std::optional<StillFile> find(const std::string& name, UnixTime now);

  /// Whether it is the file that it was when it was found, and not in use. (A -journal need not be
  /// looked for again: what it is for changes the file.)
  [[nodiscard]] bool is_still() const;

 private:
  struct Identity {
    dev_t device;
    ino_t node;
    off_t size;
    timespec modified;
    timespec changed;
  };
  StillFile(const std::string& name, const Identity& identity);
  [[nodiscard]] static std::optional<Identity> identify(const std::string& name);

  std::string m_name;
  std::string m_wal;
  Identity m_identity;
};

}  // namespace mtls::store
