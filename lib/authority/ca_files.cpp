#include "authority/ca_files.hpp"

#include "authority/ca_config.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file_beginning.hpp"
#include "base/format.hpp"
#include "base/held_file.hpp"
#include "crypto/private_key.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace mtls::authority {
namespace {

/// The name of the database that a file belongs to; nothing where its name is no such file's.
std::optional<std::string_view> database_beside(std::string_view name) {
  for (const std::string_view suffix : k_database_suffixes) {
    if (name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix) {
      return name.substr(0, name.size() - suffix.size());
    }
  }
  return std::nullopt;
}

bool is_known(std::string_view name) {
  const auto& names = ca_file_names();
  const auto has = [&names](std::string_view one) {
    return std::find(names.begin(), names.end(), one) != names.end();
  };
  return has(name) || has(database_beside(name).value_or(name));
}

/// Whether ca.toml names it: a key, a passphrase or a ledger under another name than the usual one.
bool is_configured(const Directory& directory, std::string_view name) {
  constexpr std::string_view k_file = "file:";
  const auto is_it = [&](const Path& named) {
    const Path normal = (directory.path() / named).lexically_normal();
    const Path own = directory.path() / name;
    const auto database = database_beside(name);
    return normal == own.lexically_normal() ||
           (database && normal == (directory.path() / *database).lexically_normal());
  };
  const auto is_source = [&](std::string_view source) {
    return source.rfind(k_file, 0) == 0 && is_it(Path(source.substr(k_file.size())));
  };
  try {
    const FileContents text = directory.read("ca.toml");
    const CaConfig config = parse_ca_config(as_text(text.bytes.view()), "ca.toml");
    return is_source(config.key) || is_source(config.passphrase.value_or("")) ||
           (config.store.engine() == store::Engine::sqlite && is_it(config.store.file()));
  } catch (const Error&) {
    return true;  // what a damaged ca.toml names cannot be told
  }
}

/// Whether a database of SQLite's bears the name, or stands beside a file that does.
bool is_database(const Path& path) {
  constexpr std::string_view k_magic("SQLite format 3\0", 16);
  if (is_held(path) || read_beginning(path, k_magic.size()) == k_magic) return true;
  const Path name = path.filename();
  const auto database = database_beside(name.native());
  if (!database) return false;
  const Path beside = path.parent_path() / *database;
  return is_held(beside) || read_beginning(beside, k_magic.size()) == k_magic;
}

[[noreturn]] void refuse(const Path& path) {
  const std::string directory =
      printable((path.has_parent_path() ? path.parent_path() : Path(".")).native());
  throw Error(Errc::would_overwrite,
              format("{} belongs to the CA in {} and is never written by another command",
                     printable(path.native()), directory),
              "choose another name or directory");
}

}  // namespace

const std::vector<std::string>& ca_file_names() {
  static const std::vector<std::string> names{
      "ca.toml",  "ca.key", "ca.key.new", "ca.csr",    "ca.crt", "chain.crt",
      "root.crt", "ca.db",  "ca.db-wal",  "ca.db-shm", "ca.crl", "ledger.head"};
  return names;
}

void refuse_ca_file(const Directory& directory, std::string_view name) {
  if (!directory.contains("ca.toml")) return;
  if (is_known(name) || is_configured(directory, name)) refuse(directory.path() / name);
}

void refuse_ca_file(const Path& path) {
  if (names_descriptor(path)) return;
  const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
  if (name_exists(folder / "ca.toml")) {
    if (is_known(path.filename().native())) refuse(path);
    if (is_configured(Directory::open(folder), path.filename().native())) refuse(path);
  }
  if (!is_database(path)) return;
  throw Error(Errc::would_overwrite,
              format("{} is a database (a ledger?) or belongs to one, and nothing else is written "
                     "over it",
                     printable(path.native())),
              "choose another name");
}

void require_ledger_name(const Path& file) {
  const Path name = file.filename();
  const auto database = database_beside(name.native());
  if (!database) return;
  throw Error(Errc::usage,
              format("'{}' cannot be the name of a ledger: SQLite takes such a file for the log of "
                     "the database '{}'",
                     printable(file.native()), printable(*database)),
              "choose a name that does not end with -wal, -shm or -journal");
}

void require_ledger_name(const store::StoreUrl& store, const Path& directory) {
  if (store.engine() != store::Engine::sqlite) return;
  const Path file = store.below(directory).file();
  require_ledger_name(file);
  const std::string name = file.filename().native();
  if (!is_known(name) || name == "ca.db") return;
  const Path folder = file.parent_path();
  const auto resolved = [](const Path& path) {
    std::error_code ignored;
    const Path found = std::filesystem::weakly_canonical(std::filesystem::absolute(path), ignored);
    return found.has_filename() ? found : found.parent_path();
  };
  const bool own = resolved(folder) == resolved(directory);
  if (!own && !name_exists(folder / "ca.toml")) return;
  throw Error(Errc::usage,
              format("{} cannot be the ledger: it is another file of the CA in {}",
                     printable(file.native()), printable(folder.native())),
              "choose another name; a CA's own ledger is ca.db");
}

void require_public_target(const Path& path) {
  refuse_ca_file(path);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(path, ignored))) return;
  if (std::filesystem::file_size(path, ignored) > k_file_limit) return;  // no key is so large
  if (!crypto::holds_private_key(read_file(path).bytes.view())) return;
  throw Error(Errc::would_overwrite,
              format("{} holds a private key, and nothing else is written over it",
                     printable(path.native())),
              "choose another name, or move the key away first");
}

}  // namespace mtls::authority
