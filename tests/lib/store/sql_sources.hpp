// The SQL texts of lib/store: as they are in its sources, and as a ledger runs them.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace mtls::store::test {

/// Returns a text with each run of white space as one space.
[[nodiscard]] std::string squeezed(const std::string& text);

/// Returns whether a statement, or a piece of one, compares a serial, fingerprint, SPKI hash or
/// request key with a parameter: a lookup of a certificate.
[[nodiscard]] bool looks_up(const std::string& sql);

/// Returns the pieces of string literals in lib/store/*.cpp that look up, squeezed and split at
/// the placeholders of format(); adjacent literals are joined.
[[nodiscard]] std::vector<std::string> lookups_in_sources();

/// Returns the texts of all statements that SQLite runs meanwhile, on any connection of the
/// process, squeezed.
[[nodiscard]] std::set<std::string> record_sql(const std::function<void()>& work);

/// Uses every function of a ledger that looks up certificates, on a new SQLite ledger.
void use_every_lookup();

}  // namespace mtls::store::test
