// The files under a path that may hold what another tool's CA issued.
#pragma once

#include "base/file.hpp"

#include <string>
#include <vector>

namespace mtls::authority {

/// Why a file was passed over.
struct PassedOver {
  enum class Why {
    link,
    not_regular,
    unreadable,
    empty,
    too_large,
    too_many,
    unused,  // it holds certificates or revocations in a form that is not read
  };
  Why why;
  Path file;
  std::string message;  // safe to show
};

/// Which files there are, in the order of their names.
struct ImportFiles {
  std::vector<Path> files;
  std::vector<Path> indexes;  // of `openssl ca` or easy-rsa, in any directory
  std::vector<PassedOver> passed_over;
  bool named = false;  // the one file is what was named
};

/// Looks for files below `path`, which may be a file itself; an index that is named means its
/// directory. An index is a file named index.txt, or any other that begins like one. Goes into
/// directories eight deep, leaves out a CA directory's own files but its CRL, and follows no
/// symbolic link below `path`: one that leads out of it is passed over, since what it leads to was
/// not named. A directory for private keys that may not be read is let pass. Throws unreadable_file
/// where `path` is not there.
[[nodiscard]] ImportFiles find_import_files(const Path& path);

}  // namespace mtls::authority
