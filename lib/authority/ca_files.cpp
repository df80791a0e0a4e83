#include "authority/ca_files.hpp"

#include "authority/ca_config.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "crypto/private_key.hpp"

#include <algorithm>

namespace mtls::authority {
namespace {

bool is_known(std::string_view name) {
  const auto& names = ca_file_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Whether ca.toml names it: a key, a passphrase or a ledger under another name than the usual one.
bool is_configured(const Directory& directory, std::string_view name) {
  try {
    const FileContents text = directory.read("ca.toml");
    const CaConfig config = parse_ca_config(as_text(text.bytes.view()), "ca.toml");
    const std::string own(name);
    return config.key == "file:" + own || config.store == store::StoreUrl::sqlite(own) ||
           config.passphrase == "file:" + own;
  } catch (const Error&) {
    return true;  // what a damaged ca.toml names cannot be told
  }
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
  const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
  if (!name_exists(folder / "ca.toml")) return;
  if (is_known(path.filename().native())) refuse(path);
  if (is_configured(Directory::open(folder), path.filename().native())) refuse(path);
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
