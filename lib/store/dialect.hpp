// The one place where the engines' SQL differs: how a table is defined.
#pragma once

#include <string>
#include <string_view>

namespace mtls::store {

/// Returns a statement of a migration, which is written for SQLite, as PostgreSQL has it:
/// `integer PRIMARY KEY` becomes a bigint identity column, and every `text` is collated "C", so
/// that both engines order, compare and lower texts by their octets and list alike.
[[nodiscard]] std::string to_postgresql(std::string_view definition);

}  // namespace mtls::store
