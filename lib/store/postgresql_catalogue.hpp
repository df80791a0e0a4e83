// What the catalogue of a PostgreSQL database says of a schema.
#pragma once

#include "store/db.hpp"

namespace mtls::store {

/// Where a schema's objects are looked for.
enum class CatalogueOf {
  ledger,     // mtlsctl
  temporary,  // the session's own temporary tables
};

/// Reads every table, index, constraint, trigger and rule, each as the server describes it, without
/// the schema's name. A trigger has a second line, which is about the function that it calls:
/// "SCHEMA.NAME LANGUAGE SETTINGS : BODY", runs of white space in that as one space.
[[nodiscard]] std::vector<SchemaObject> read_catalogue(Connection& connection, CatalogueOf which);

}  // namespace mtls::store
