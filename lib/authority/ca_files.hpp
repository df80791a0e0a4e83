// The names that belong to a CA in its directory: nothing else is written under them.
#pragma once

#include "base/file.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mtls::authority {

/// The files of a CA directory, ca.toml first; `init` makes them, `ledger.head` and `ca.crl` come
/// later.
[[nodiscard]] const std::vector<std::string>& ca_file_names();

/// Throws would_overwrite where `directory` is a CA's (it holds ca.toml) and `name` is one of the
/// CA's own files, whether it is there yet or not: no flag of a command that writes other files
/// reaches them.
void refuse_ca_file(const Directory& directory, std::string_view name);
/// The same for a path, before anything is written to it. What cannot be looked at is let pass: the
/// writing itself says what is wrong with it.
void refuse_ca_file(const Path& path);

}  // namespace mtls::authority
