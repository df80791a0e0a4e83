// What no command writes over: the names that belong to a CA in its directory, and private keys.
#pragma once

#include "base/file.hpp"
#include "store/store_url.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mtls::authority {

/// The files of a CA directory, ca.toml first; `init` makes them, `ledger.head` and `ca.crl` come
/// later.
[[nodiscard]] const std::vector<std::string>& ca_file_names();

/// Throws would_overwrite where `directory` is a CA's (it holds ca.toml) and `name` is one of the
/// CA's own files (those that ca.toml names and what the engine keeps beside the ledger included),
/// whether it is there yet or not: no flag of a command that writes other files reaches them.
void refuse_ca_file(const Directory& directory, std::string_view name);
/// The same for a path, before anything is written to it, and where a database of SQLite's stands
/// there or what belongs to one: a ledger may stand anywhere. What cannot be looked at is let pass:
/// the writing itself says what is wrong with it.
void refuse_ca_file(const Path& path);

/// Throws usage where a new ledger may not have the name that `store` says: one that an engine
/// gives the files beside a database, or another file's of the CA that is made in `directory` or of
/// one that stands.
void require_ledger_name(const store::StoreUrl& store, const Path& directory);
/// The same for a ledger that belongs to no CA directory: a copy, a backup.
void require_ledger_name(const Path& file);

/// Throws would_overwrite where a public file (a certificate, a request) that is written to `path`
/// would take the place of a private key, or of one of a CA's files: --force alone never loses a
/// key. A symbolic link is replaced itself, and so is nobody's key. Throws unreadable_file where a
/// file that stands there cannot be examined.
void require_public_target(const Path& path);

}  // namespace mtls::authority
