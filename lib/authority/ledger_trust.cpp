#include "authority/ledger_trust.hpp"

#include "base/escape.hpp"
#include "base/file.hpp"

namespace mtls::authority {

std::vector<OwnedFile> find_ledger_files(const store::LedgerLocation& location,
                                         const Path& judged) {
  std::vector<OwnedFile> files;
  if (location.server) return files;
  std::error_code absent;
  Path file = std::filesystem::canonical(location.file, absent);  // what SQLite opens
  if (absent) {  // it is about to be made, or a link that leads nowhere
    const Path parent = location.file.has_parent_path() ? location.file.parent_path() : Path(".");
    const Path place = std::filesystem::canonical(parent, absent);
    if (absent) return files;
    file = place / location.file.filename();
  }
  // By name, and never opened: closing a descriptor would give up SQLite's locks (base/held_file).
  const Directory directory = Directory::open(file.parent_path());
  const std::string name = file.filename().native();
  const std::string shown = printable(location.file.native());
  files.push_back({shown, directory.owner(name)});
  for (const char* suffix : k_database_suffixes) {
    files.push_back({shown + suffix, directory.owner(name + suffix)});
  }
  std::error_code ignored;
  if (!std::filesystem::equivalent(directory.path(), judged, ignored)) {
    files.push_back({printable(directory.path().native()), directory.owner()});
  }
  return files;
}

}  // namespace mtls::authority
