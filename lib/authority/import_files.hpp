// The files under a path that may hold what another tool's CA issued.
#pragma once

#include "base/file.hpp"
#include "x509/certificate.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mtls::authority {

/// Why a file was passed over.
struct PassedOver {
  enum class Why { link, not_regular, unreadable, empty, too_large, too_many };
  Why why;
  Path file;
  std::string message;  // safe to show
};

/// Which files there are, in the order of their names.
struct ImportFiles {
  std::vector<Path> files;
  std::vector<Path> indexes;  // each index.txt of `openssl ca` or easy-rsa, wherever it stands
  std::vector<PassedOver> passed_over;
  bool named = false;  // the one file is what was named
};

/// Looks for files below `path`, which may be a file itself; an index.txt that is named stands for
/// its directory. Goes into directories eight deep, but not into those that hold keys and requests
/// (private, reqs …), leaves out a CA directory's own files, and follows no symbolic link below
/// `path`: one that leads out of it is passed over, since what it leads to was not named. Throws
/// unreadable_file where `path` is not there.
[[nodiscard]] ImportFiles find_import_files(const Path& path);

/// What was read of one file.
struct ImportedFile {
  std::vector<x509::Certificate> certificates;  // none: it holds something else (a key, a request)
  std::optional<PassedOver> passed_over;        // it could not be read, or is damaged
};
/// Reads the certificates of a file of up to 16 MiB, PEM or DER. Never throws for what the file
/// holds; a file that is no certificate's by name or content is neither read nor complained about.
[[nodiscard]] ImportedFile read_import_file(const Path& file);
/// The same for a file that somebody named: throws unreadable_file, too_large, and malformed where
/// there is no certificate in it.
[[nodiscard]] std::vector<x509::Certificate> read_named_file(const Path& file);

}  // namespace mtls::authority
